import { assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { exponent } from "../../bench/growth.ts";
import type { Line } from "../../bench/measure.ts";
import { median } from "../../bench/median.ts";
import { merged, ratios } from "../../bench/peers/table.ts";
import { deno } from "../../tools/run_deno.ts";

function line(lib: string, change: Partial<Line> = {}): Line {
  return {
    lib,
    version: "1",
    adapter: "a",
    workload: "w",
    ...{ msPerStep: 10, msMin: 9, msMax: 12, firstStepMs: 100, gflops: 2 },
    ...{ dispatches: 1, submits: 1, readbacks: 0, compiles: 0, buffersMade: 0 },
    ...{ liveBytes: 1, peakBytes: 1, rssMb: 50, loss1: 1 },
    ...change,
  };
}

Deno.test("lines of several rounds become medians of times and the most of memory", () => {
  const rounds = [
    line("aft", { msPerStep: 30, msMin: 20, msMax: 40, firstStepMs: 5, rssMb: 70 }),
    line("aft", { msPerStep: 10, msMin: 8, msMax: 11, firstStepMs: 9 }),
    line("aft", { msPerStep: 20, gflops: 4, firstStepMs: 7, dispatches: 3 }),
  ];
  const { msPerStep, msMin, msMax, firstStepMs, rssMb, gflops, dispatches } = merged(rounds);
  assertEquals([msPerStep, msMin, msMax, firstStepMs, rssMb], [20, 8, 40, 7, 70]);
  assertEquals([gflops, dispatches], [4, 3]);
  assertEquals([median([3]), median([4, 1]), median([9, 1, 5])], [3, 1, 5]);
});

Deno.test("ratios are taken against the fastest peer, shares against the smallest of any", () => {
  const lines = [
    line("aft", { msPerStep: 10, firstStepMs: 50, rssMb: 60 }),
    line("one", { msPerStep: 25, firstStepMs: 200, rssMb: 80 }),
    line("two", { msPerStep: 40, firstStepMs: 100, rssMb: 120 }),
  ];
  const row = (own: Line[]) => ratios("w", own, 8e9);
  assertEquals(row(lines), ["w", "10", "one", "25", "2.50", "25 %", "0.50", "0.75"]);
  assertEquals(row(lines.slice(0, 1)), ["w", "10", "-", "-", "-", "25 %", "-", "-"]);
  assertEquals(row(lines.slice(1)), ["w", "-", "-", "-", "-", "-", "-", "-"]);
});

Deno.test("the exponent of a power is found from its points", () => {
  const points = [32, 64, 1024].map((x) => [x, 3 * x ** 1.7] as const);
  assertAlmostEquals(exponent(points), 1.7, 1e-12);
});

Deno.test("bench:peers refuses workloads and rounds that do not exist", async () => {
  for (
    const [args, message] of [
      [["mm265"], "Cannot run workload mm265: did you mean mm256?"],
      [["--rounds=0", "mm256"], "Cannot run 0 rounds: rounds must be an integer from 1"],
    ] as const
  ) {
    const { success, output } = await deno(["task", "--quiet", "bench:peers", ...args]);
    assertEquals(success, false);
    assertStringIncludes(output, message);
  }
});
