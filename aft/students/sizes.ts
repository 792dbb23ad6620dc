/** The numbers behind a student's name. */

/** Largest size that is believed to be meant. */
export const MOST_SIZE = 65_536;

/** The sizes of a list such as `128,64`; undefined where one is no integer from 1 to 65,536. */
export function sizesOf(text: string): number[] | undefined {
  const sizes = text.split(",").map((word) => /^\s*\d+\s*$/.test(word) ? Number(word) : NaN);
  return sizes.every((size) => size >= 1 && size <= MOST_SIZE) ? sizes : undefined;
}
