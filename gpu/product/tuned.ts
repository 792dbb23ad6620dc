/** What was measured on this adapter, and the choice that follows from it. */

import { adapterName, currentAdapter, isSoftware } from "../device.ts";
import { defaultVariant, type ProductShape } from "./choice.ts";
import { type VariantName, variants } from "./variant.ts";

const tables = new Map<string, Map<string, VariantName>>();
let forced: VariantName | undefined;

/** The kernel for a product on the open adapter. */
export function chosenVariant(shape: ProductShape): VariantName {
  if (forced !== undefined) return forced;
  const adapter = currentAdapter();
  const measured = adapter && tables.get(adapterName(adapter))?.get(shapeClass(shape));
  return measured ?? defaultVariant(shape, adapter === undefined || isSoftware(adapter));
}

/**
 * Records products of one variant, whatever their shape: for tests and measurements.
 *
 * @param name The variant.
 * @param action Records products; their gradients too.
 */
export function withVariant<T>(name: VariantName, action: () => T): T {
  const before = forced;
  forced = name;
  try {
    return action();
  } finally {
    forced = before;
  }
}

/** Products of one class get one kernel: sizes by powers of four, and how both sides are stored. */
export function shapeClass(shape: ProductShape): string {
  const { batch, rows, inner, columns, leftTransposed, rightTransposed } = shape;
  const sizes = [batch, rows, inner, columns].map((size) => Math.round(Math.log2(size) / 2));
  const sides = [leftTransposed, rightTransposed].map((turned) => turned ? "t" : "n");
  return `${sides.join("")} ${sizes.map((power) => 4 ** power).join("x")}`;
}

/** Remembers what was measured for a class of shapes. */
export function remember(adapter: string, key: string, name: VariantName): void {
  const table = tables.get(adapter) ?? new Map();
  tables.set(adapter, table.set(key, name));
}

/** What is remembered, by adapter and class. */
export function remembered(): ReadonlyMap<string, ReadonlyMap<string, VariantName>> {
  return tables;
}

/** True for the name of a variant. */
export function isVariant(name: unknown): name is VariantName {
  return typeof name === "string" && Object.hasOwn(variants, name);
}
