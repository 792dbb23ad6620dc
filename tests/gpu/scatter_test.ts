import { assertEquals } from "@std/assert";
import { evaluate, read, slice, type Tensor, tensor, zeros } from "../../gpu/mod.ts";
import { scatterRows } from "../../gpu/ops/scatter.ts";
import { count, type Host } from "./host.ts";
import { assertAgrees, counted, generator, numbers, onDevice } from "./support.ts";

/** Rows of `x` added up by number, from the definition. */
function added(x: Host, rows: Int32Array, shape: readonly number[]): Host {
  const width = count(shape.slice(1));
  const values = new Float64Array(count(shape));
  rows.forEach((row, r) => {
    const at = row < 0 || row >= shape[0] ? shape[0] - 1 : row;
    for (let c = 0; c < width; c++) values[at * width + c] += x.values[r * width + c];
  });
  return { shape: [...shape], values };
}

/** Row numbers among which some are outside, and some rows are never named. */
function rowsOf(length: number, rows: number): Int32Array<ArrayBuffer> {
  const next = generator(3);
  return Int32Array.from({ length }, () => Math.floor(next() * (rows + 2)) - 1);
}

const CASES: [shape: number[], count: number][] = [
  [[5, 3], 7],
  [[1, 4], 3],
  [[9, 1], 70],
  [[300, 2], 65],
  [[4, 2, 3], 6],
  [[3, 5], 1],
];

for (const ordered of [false, true]) {
  const way = ordered ? "put in order" : "as they come";
  Deno.test(`scatterRows() agrees with plain numbers, forward and backward, rows ${way}`, async () => {
    for (const [shape, length] of CASES) {
      const rows = rowsOf(length, shape[0]);
      await assertAgrees(
        ([x]) => scatterRows(x, tensor(rows), shape, { ordered }),
        ([x]) => added(x, rows, shape),
        [numbers([length, ...shape.slice(1)], 2)],
      );
    }
  });
}

Deno.test("scatterRows() has the same bits in both ways, also of rows seen through a view", async () => {
  const x = onDevice(numbers([400, 6], 4));
  const table = tensor(rowsOf(800, 30), { shape: [400, 2] });
  const column = slice(table, [0, 1], [400, 2]); // every second number
  const ways = [false, true].map((ordered) => scatterRows(x, column, [30, 6], { ordered }));
  const [plain, sorted] = await read(ways as Tensor[]);
  assertEquals(sorted, plain);
});

Deno.test("scatterRows() puts rows in order where the table is large", async () => {
  const dispatches = async (rows: number, length: number) => {
    const [x, index] = [zeros([length, 8]), tensor(rowsOf(length, rows))];
    evaluate([x, index]);
    return (await counted(() => evaluate([scatterRows(x, index, [rows, 8])]))).dispatches;
  };
  assertEquals(await dispatches(100, 256), 1);
  assertEquals(await dispatches(20_000, 256), 3);
});
