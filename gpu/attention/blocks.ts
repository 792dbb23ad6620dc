/** Which queries of an attention are done at once where there are too many pairs for all. */

import { ALIGNMENT } from "../pack.ts";

/** A range of the axes batch, heads and queries. */
export interface Block {
  readonly starts: readonly [batch: number, head: number, query: number];
  readonly ends: readonly [batch: number, head: number, query: number];
}

/** Blocks in the order of their elements. */
export interface Blocks {
  readonly blocks: readonly Block[];
  /** Axes before the one that blocks divide: 0 batch, 1 heads, 2 queries. */
  readonly axis: number;
}

/**
 * Divides queries into blocks of at most so many pairs: of whole batch entries where several fit, of
 * whole heads, or else of queries of one head. A block starts at a multiple of {@link ALIGNMENT}
 * elements from the first of its kind, so that it may be somewhat larger.
 *
 * @param sizes Batch, heads, queries, keys and columns of a head.
 * @param most Pairs of a query and a key.
 */
export function blocksOf(sizes: readonly number[], most: number): Blocks {
  const [batch, heads, queries, keys, width] = sizes;
  const counts = [batch, heads, queries];
  /** Rows of queries, and of keys, that one step on each axis has. */
  const rows = [[heads * queries, heads * keys], [queries, keys], [1, 1]];
  const pairs = [heads * queries * keys, queries * keys, keys];
  const found = pairs.findIndex((own) => own <= most);
  const axis = found < 0 ? 2 : found;
  const common = rows[axis].reduce((all, own) => commonDivisor(all, own * width), ALIGNMENT);
  const whole = ALIGNMENT / common;
  const count = Math.max(1, Math.floor(most / pairs[axis] / whole)) * whole;
  const blocks: Block[] = [];
  const outer = counts.slice(0, axis).reduce((product, size) => product * size, 1);
  for (let entry = 0; entry < outer; entry++) {
    const place = axis === 0
      ? []
      : axis === 1
      ? [entry]
      : [Math.floor(entry / heads), entry % heads];
    for (let from = 0; from < counts[axis]; from += count) {
      const rest = counts.slice(axis + 1);
      const to = Math.min(from + count, counts[axis]);
      blocks.push({
        starts: [...place, from, ...rest.map(() => 0)] as unknown as Block["starts"],
        ends: [...place.map((i) => i + 1), to, ...rest] as unknown as Block["ends"],
      });
    }
  }
  return { blocks, axis };
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
