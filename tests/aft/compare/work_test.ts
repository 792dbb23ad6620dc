import { assert, assertEquals } from "@std/assert";
import { type Hand, work, type WorkEvent } from "../../../aft/compare/work.ts";
import type { RunResult, RunSpec } from "../../../aft/compare/types.ts";
import { resolveSettings } from "../../../aft/config.ts";

const settings = resolveSettings({ method: "stl" });
const specs = ["a", "b", "c", "d"].map((key): RunSpec => ({
  key,
  settings,
  teachers: [],
  noise: 0,
}));
const result: RunResult = { test: { accuracy: 1, loss: 0 }, seconds: 0, device: "none" };

function textOf(event: WorkEvent): string {
  return `${event.kind} ${event.spec.key}`;
}

Deno.test("runs are done in their order, and their steps are told", async () => {
  const hand: Hand = {
    run: (_, { told }) => {
      told?.(5);
      return Promise.resolve(result);
    },
  };
  const events = await Array.fromAsync(work([hand], specs.slice(0, 2)));
  assertEquals(events.map(textOf), ["step a", "result a", "step b", "result b"]);
});

Deno.test("a run that throws is told, and the others go on", async () => {
  const hand: Hand = {
    run: ({ key }) => key === "b" ? Promise.reject(new Error("gone")) : Promise.resolve(result),
  };
  const events = await Array.fromAsync(work([hand, hand], specs));
  assertEquals(events.map(textOf).sort(), ["error b", "result a", "result c", "result d"]);
});

Deno.test("several hands work at the same time, each on one run", async () => {
  let [busy, most] = [0, 0];
  const hand = (): Hand => ({
    async run() {
      most = Math.max(most, ++busy);
      await new Promise((resolve) => setTimeout(resolve, 5));
      busy--;
      return result;
    },
  });
  await Array.fromAsync(work([hand(), hand(), hand()], specs));
  assertEquals(most, 3);
});

Deno.test("what is there already is not done again", async () => {
  const done: string[] = [];
  const hand: Hand = { run: ({ key }) => Promise.resolve((done.push(key), result)) };
  const isThere = ({ key }: RunSpec) => Promise.resolve(key === "c");
  const events = await Array.fromAsync(work([hand], specs, { isThere }));
  assertEquals(done, ["a", "b", "d"]);
  assertEquals(events.map(textOf), ["result a", "result b", "there c", "result d"]);
});

Deno.test("a stop ends the run at work and begins no other, also where nobody listens", async () => {
  const begun: string[] = [];
  const hand: Hand = {
    run: ({ key }, { signal }) => {
      begun.push(key);
      return new Promise((resolve) => {
        if (key === "a") return resolve(result);
        signal!.addEventListener("abort", () => resolve(undefined));
      });
    },
  };
  const stop = new AbortController();
  const events: string[] = [];
  for await (const event of work([hand], specs, { signal: stop.signal })) {
    events.push(textOf(event));
    stop.abort();
  }
  assertEquals([events, begun], [["result a"], ["a", "b"]]);
  for await (const _ of work([hand], specs)) break;
  assert(begun.length <= 4 && begun[2] === "a", `${begun}`);
});
