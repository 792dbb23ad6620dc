/** Data of the benchmarks: the same on every engine. */

/**
 * `count` float32 numbers from -scale to scale: mulberry32 as a counter.
 *
 * @param seed Start of the counter.
 * @param count How many.
 * @param scale Largest absolute value.
 */
export function rnd(seed: number, count: number, scale = 1): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count);
  let a = seed;
  for (let i = 0; i < count; i++) {
    a = (a + 0x6D2B79F5) >>> 0;
    let t = a;
    t = Math.imul(t ^ t >>> 15, t | 1);
    t ^= t + Math.imul(t ^ t >>> 7, t | 61);
    const u = ((t ^ t >>> 14) >>> 0) / 2 ** 32;
    values[i] = (2 * u - 1) * scale;
  }
  return values;
}

/** Class of every row: (7 i + 3) mod 10. */
export function labels(rows: number): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: rows }, (_, i) => (7 * i + 3) % 10);
}

/** Rows as columns: `[rows, columns]` -> `[columns, rows]`. */
export function transposed(
  values: Float32Array<ArrayBuffer>,
  rows: number,
  columns: number,
): Float32Array<ArrayBuffer> {
  const result = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = values[i * columns + j];
  }
  return result;
}
