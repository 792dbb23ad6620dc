/** Measures the kernels of a product on the open adapter, and the table of what was found. */

import { adapterName, currentDevice, isSoftware } from "../device.ts";
import { FormatError } from "../errors.ts";
import { matmul } from "../ops/product.ts";
import { uniform } from "../ops/random.ts";
import { evaluate } from "../run.ts";
import type { Tensor } from "../tensor.ts";
import { defaultVariant, type ProductShape } from "./choice.ts";
import { isVariant, remember, remembered, shapeClass, withVariant } from "./tuned.ts";
import { type VariantName, variantNames } from "./variant.ts";

/** Kernels by class of shapes, for each adapter by its name. */
export type TuningTable = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What was measured for one class of shapes. */
export interface TunedProduct {
  /** The class: how both sides are stored, and sizes by powers of four. */
  readonly shapes: string;
  /** The fastest kernel. */
  readonly variant: string;
  /** The kernel that is taken where nothing was measured. */
  readonly untuned: string;
  /** Milliseconds of one product by each kernel. */
  readonly milliseconds: Readonly<Record<string, number>>;
}

/** Products of a training step of small students: forward, and both gradients. */
const SHAPES: readonly ProductShape[] = [
  // batch, rows, inner, columns, left stored transposed, right stored transposed
  shape(1, 128, 3072, 512, false, true),
  shape(1, 512, 128, 3072, true, false),
  shape(1, 128, 512, 256, false, true),
  shape(1, 128, 256, 512, false, false),
  shape(1, 128, 2048, 128, false, true),
  shape(1, 512, 512, 512, false, false),
  shape(1, 1024, 128, 384, false, true),
];

function shape(
  batch: number,
  rows: number,
  inner: number,
  columns: number,
  leftTransposed: boolean,
  rightTransposed: boolean,
): ProductShape {
  return { batch, rows, inner, columns, leftTransposed, rightTransposed };
}

/** Timings of each kernel, after one that compiles. */
const TRIES = 3;

/**
 * Measures every kernel for the products that training is made of, and takes the fastest from then on.
 * Nothing is measured unless this is called, so that a run's bits do not depend on the clock; a run that
 * is resumed with another table may end with other last digits.
 *
 * @returns One result at a time.
 * @throws {GpuError} Where no GPU is open, or it fails.
 */
export async function* tuneProducts(): AsyncGenerator<TunedProduct> {
  const { info } = currentDevice();
  for (const product of SHAPES) {
    const shapes = shapeClass(product);
    const milliseconds: Record<string, number> = {};
    for (const name of variantNames) milliseconds[name] = await timeOf(product, name);
    const fastest = variantNames.reduce((a, b) => milliseconds[b] < milliseconds[a] ? b : a);
    const untuned = defaultVariant(product, isSoftware(info));
    remember(adapterName(info), shapes, fastest);
    yield { shapes, variant: fastest, untuned, milliseconds };
  }
}

async function timeOf(product: ProductShape, name: VariantName): Promise<number> {
  const gpu = currentDevice();
  const { rows, inner, columns, leftTransposed, rightTransposed } = product;
  const a = uniform(leftTransposed ? [inner, rows] : [rows, inner], { seed: 1 });
  const b = uniform(rightTransposed ? [columns, inner] : [inner, columns], { seed: 2 });
  evaluate([a, b]);
  const run = async () => {
    await gpu.settled();
    const start = performance.now();
    const options = { transposeA: leftTransposed, transposeB: rightTransposed };
    const result: Tensor = withVariant(name, () => matmul(a, b, options));
    evaluate([result]);
    await gpu.settled();
    result.dispose();
    return performance.now() - start;
  };
  await run();
  let best = Infinity;
  for (let i = 0; i < TRIES; i++) best = Math.min(best, await run());
  [a, b].forEach((tensor) => tensor.dispose());
  return best;
}

/**
 * What was measured so far, on all adapters.
 *
 * @returns A plain object, to be kept as JSON.
 *
 * @example
 * ```ts
 * import { loadTuning, savedTuning } from "@aft/aft/gpu";
 * import { assertEquals } from "@std/assert";
 *
 * loadTuning({ "my card": { "nn 1x256x256x256": "tile8x8" } });
 * assertEquals(savedTuning()["my card"], { "nn 1x256x256x256": "tile8x8" });
 * ```
 */
export function savedTuning(): TuningTable {
  return Object.fromEntries(
    [...remembered()].map(([adapter, table]) => [adapter, Object.fromEntries(table)]),
  );
}

/**
 * Takes over what {@linkcode savedTuning} gave earlier.
 *
 * @param table The object; kernels that this version does not have are passed over.
 * @param file Where it comes from, for messages.
 * @throws {FormatError} If it is no table.
 */
export function loadTuning(table: unknown, file = "the tuning table"): void {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject(table) || !Object.values(table).every(isObject)) {
    throw new FormatError(
      `Cannot read ${file}: a tuning table is an object of adapters with kernels by class of shapes`,
      { file },
    );
  }
  for (const [adapter, classes] of Object.entries(table)) {
    for (const [shapes, name] of Object.entries(classes as Record<string, unknown>)) {
      if (isVariant(name)) remember(adapter, shapes, name);
    }
  }
}
