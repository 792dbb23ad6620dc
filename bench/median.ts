/** Medians of what was measured. */

/** The middle one of some numbers; the lower of two. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1];
}
