/** From the lines of several rounds to one line for each engine and workload, and their ratios. */

import { type Line, round } from "../measure.ts";
import { median } from "../median.ts";

/**
 * One line of what several processes measured: medians of times, the extremes of groups, the largest
 * memory; counts are those of the last.
 */
export function merged(lines: readonly Line[]): Line {
  const of = (key: "msPerStep" | "msMin" | "msMax" | "firstStepMs" | "rssMb") =>
    lines.map((line) => line[key]);
  const last = lines[lines.length - 1];
  const msPerStep = round(median(of("msPerStep")));
  return {
    ...last,
    msPerStep,
    msMin: Math.min(...of("msMin")),
    msMax: Math.max(...of("msMax")),
    firstStepMs: round(median(of("firstStepMs"))),
    gflops: round(last.gflops * last.msPerStep / msPerStep),
    rssMb: Math.max(...of("rssMb")),
  };
}

/** Columns of the table of ratios. */
export const HEAD = [
  ...["workload", "aft ms", "best peer", "its ms", "times as fast"],
  ...["of ceiling", "first step", "memory"],
];

/**
 * A row of the table: our time beside that of the fastest peer, and first step and memory as shares
 * of the smallest of any peer.
 *
 * @param workload Its name.
 * @param lines One line for each engine that could run it; ours is called `aft`.
 * @param ceiling Multiplications and additions per second that the adapter reaches in registers.
 * @returns Cells, with a dash where there is nothing to compare.
 */
export function ratios(workload: string, lines: readonly Line[], ceiling: number): string[] {
  const own = lines.find(({ lib }) => lib === "aft");
  const peers = lines.filter(({ lib }) => lib !== "aft");
  const reached = own ? `${(100 * own.gflops * 1e9 / ceiling).toFixed(0)} %` : "-";
  if (own === undefined || peers.length === 0) {
    return [workload, own ? String(own.msPerStep) : "-", "-", "-", "-", reached, "-", "-"];
  }
  const best = peers.reduce((a, b) => b.msPerStep < a.msPerStep ? b : a);
  const least = (key: "firstStepMs" | "rssMb") => Math.min(...peers.map((line) => line[key]));
  return [
    workload,
    String(own.msPerStep),
    best.lib,
    String(best.msPerStep),
    (best.msPerStep / own.msPerStep).toFixed(2),
    reached,
    (own.firstStepMs / least("firstStepMs")).toFixed(2),
    (own.rssMb / least("rssMb")).toFixed(2),
  ];
}
