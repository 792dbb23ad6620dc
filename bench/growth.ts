/**
 * How a training step grows: deno task bench:growth
 *
 * Times mlp_aft against rows of a batch and against teacher columns, and mlp beside it: what the
 * transfer adds is the difference. Prints time and memory of every size, and the exponent of time,
 * the slope of a straight line through logarithms. Two models on one device take turns, so that a
 * busy moment meets both.
 */

import { openGpu } from "../gpu/mod.ts";
import { median } from "./median.ts";
import { round } from "./measure.ts";
import type { Model } from "./workload.ts";
import { type Sizes, training } from "./workloads/mlp.ts";

const BATCHES = [32, 64, 128, 256, 512, 1024];
const COLUMNS = [256, 512, 1024, 2048, 4096, 8192];
const ROUNDS = 5;

/** One size. */
interface Point {
  size: number;
  /** Milliseconds of a step with and without transfer: medians over rounds. */
  whole: number;
  plain: number;
  /** Bytes on the device with transfer. */
  bytes: number;
}

async function timeOf({ step }: Model): Promise<number> {
  const gpu = await openGpu();
  const start = performance.now();
  step();
  await gpu.settled();
  return performance.now() - start;
}

async function measure(sizes: Sizes, size: number): Promise<Point> {
  const gpu = await openGpu();
  const whole = training(sizes)();
  for (let i = 0; i < 2; i++) await timeOf(whole);
  const bytes = gpu.counters.liveBytes;
  const plain = training({ ...sizes, teacher: 0 })();
  for (let i = 0; i < 2; i++) await timeOf(plain);
  const times = { whole: [] as number[], plain: [] as number[] };
  for (let i = 0; i < ROUNDS; i++) {
    times.whole.push(await timeOf(whole));
    times.plain.push(await timeOf(plain));
  }
  gpu.close(); // the next size starts on a device of its own
  return { size, whole: median(times.whole), plain: median(times.plain), bytes };
}

/** Slope of a straight line through the logarithms, by least squares. */
export function exponent(points: readonly (readonly [number, number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)]);
  const mean = (i: number) => logs.reduce((sum, log) => sum + log[i], 0) / logs.length;
  const [x, y] = [mean(0), mean(1)];
  const over = logs.reduce((sum, log) => sum + (log[0] - x) * (log[1] - y), 0);
  return over / logs.reduce((sum, log) => sum + (log[0] - x) ** 2, 0);
}

function print(title: string, points: readonly Point[]): void {
  console.log(`\n| ${title} | step ms | without transfer ms | transfer ms | device MB |`);
  console.log("| --- | --- | --- | --- | --- |");
  for (const { size, whole, plain, bytes } of points) {
    const cells = [size, ...[whole, plain, whole - plain, bytes / 1e6].map(round)];
    console.log(`| ${cells.join(" | ")} |`);
  }
  const slope = (value: (point: Point) => number) => {
    const held = points.filter((point) => value(point) > 0);
    return held.length < 2 ? "-" : exponent(held.map((p) => [p.size, value(p)])).toFixed(2);
  };
  const slopes = [
    slope(({ whole }) => whole),
    slope(({ plain }) => plain),
    slope(({ whole, plain }) => whole - plain),
    slope(({ bytes }) => bytes),
  ];
  console.log(`| exponent | ${slopes.join(" | ")} |`);
}

if (import.meta.main) {
  const byBatch: Point[] = [];
  for (const batch of BATCHES) byBatch.push(await measure({ batch, teacher: 2048 }, batch));
  print("rows of a batch, 2,048 teacher columns", byBatch);
  const byColumns: Point[] = [];
  for (const teacher of COLUMNS) byColumns.push(await measure({ batch: 128, teacher }, teacher));
  print("teacher columns, 128 rows", byColumns);
}
