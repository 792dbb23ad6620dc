/** `aft demo`: teachers, features, students and a comparison, from nothing. */

import { type DemoProgress, formatDemo, runDemo } from "../aft/demo/mod.ts";
import { type Command, common, INTERRUPTED } from "./command.ts";
import { type Arguments, integerFlag, switchFlag, textFlag } from "./flags.ts";
import { count, duration, loss, percent } from "./format.ts";
import type { Output } from "./output.ts";
import { interruptible } from "./signals.ts";

const flags = {
  out: { ...textFlag("out", "FOLDER", "where data, features and report go"), default: "runs/demo" },
  seeds: integerFlag("seeds", [1, 20, 3], "how often each method is trained"),
  quick: switchFlag("quick", "a smaller task, in seconds, whose numbers say little"),
  ...common,
};

/** Shows what transfer does, without files or network. */
export const demo: Command = {
  name: "demo",
  summary: "make a task, train teachers, compare methods: minutes, no files, no network",
  usage: "[flags]",
  notes: [
    "Makes a labelled image task, trains two teachers on plenty of data and a third that is useless, " +
    "caches their features, then trains the same small student with few labels by stl, kd and aft. " +
    "Prints a table, the energy of rho by teacher, and where the report is.",
  ],
  examples: [
    ["All of it", "aft demo"],
    ["More seeds, so that differences are surer", "aft demo --seeds 10 --out runs/demo10"],
  ],
  flags: Object.values(flags),
  run: (args, output) => interruptible(output, (signal) => follow(args, output, signal)),
};

async function follow(args: Arguments, output: Output, signal: AbortSignal): Promise<number> {
  const options = {
    out: args.need(flags.out),
    seeds: args.get(flags.seeds),
    quick: args.get(flags.quick),
  };
  let exit = 0;
  for await (const progress of runDemo({ ...options, signal })) {
    output.event(progress);
    if (!output.json) show(progress, output);
    if (progress.event === "interrupted") exit = INTERRUPTED;
  }
  return exit;
}

function show(progress: DemoProgress, output: Output): void {
  switch (progress.event) {
    case "task":
      return output.field("Task", progress.text);
    case "teacher": {
      const { name, columns, summary, accuracy, probe } = progress.teacher;
      const own = accuracy === null ? "" : `, ${percent(accuracy)} right on its own task`;
      return output.field(
        "Teacher",
        `${name}, ${
          count(columns, "column")
        }: ${summary}${own}; a probe on its features with the ` +
          `few labels is ${percent(probe)} right (${duration(progress.seconds)})`,
      );
    }
    case "files":
      return output.field("Files", [progress.data, ...progress.features].join(", "));
    case "progress": {
      const share = progress.total > 0 ? progress.done / progress.total : 0;
      return output.progress(`${percent(share).padStart(7)}  ${progress.text}`);
    }
    case "run": {
      const { method, seed, accuracy, seconds } = progress;
      return output.line(
        `Run       ${method.padEnd(4)} seed ${seed}  accuracy ${percent(accuracy)}  loss ` +
          `${loss(progress.loss)}  ${duration(seconds)}`,
      );
    }
    case "interrupted":
      return output.line("Stopped before the comparison was complete");
    case "done":
      output.line();
      return output.line(formatDemo(progress));
  }
}
