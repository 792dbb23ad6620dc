import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  adapterName,
  currentGpu,
  FormatError,
  loadTuning,
  matmul,
  openGpu,
  read,
  savedTuning,
} from "../../../gpu/mod.ts";
import { chosenVariant, shapeClass } from "../../../gpu/product/tuned.ts";
import { numbers, onDevice } from "../support.ts";

await openGpu();

const SHAPE = {
  ...{ batch: 1, rows: 9, inner: 10, columns: 11 },
  ...{ leftTransposed: false, rightTransposed: false },
};

Deno.test("a table that was loaded decides for its adapter and class of shapes alone", async () => {
  const before = chosenVariant(SHAPE);
  const other = before === "tile8x8" ? "tile4x4" : "tile8x8";
  loadTuning({ "another card": { [shapeClass(SHAPE)]: other } });
  assertEquals(chosenVariant(SHAPE), before);
  const adapter = adapterName(currentGpu().info);
  loadTuning({ [adapter]: { [shapeClass(SHAPE)]: other } });
  assertEquals(chosenVariant(SHAPE), other);
  assertEquals(chosenVariant({ ...SHAPE, rows: 900 }), chosenVariant({ ...SHAPE, rows: 901 }));
  const [a, b] = [numbers([9, 10], 1), numbers([10, 11], 2)].map((x) => onDevice(x));
  const [product] = await read([matmul(a, b)]);
  assert(product.every(Number.isFinite));
  assertEquals(savedTuning()[adapter][shapeClass(SHAPE)], other);
  loadTuning({ [adapter]: { [shapeClass(SHAPE)]: before } });
  assertEquals(chosenVariant(SHAPE), before);
});

Deno.test("kernels that do not exist are passed over, what is no table is refused", () => {
  const before = chosenVariant(SHAPE);
  loadTuning({ [adapterName(currentGpu().info)]: { [shapeClass(SHAPE)]: "tile99x99" } });
  assertEquals(chosenVariant(SHAPE), before);
  for (const table of [null, 3, [], { card: 3 }, "text"]) {
    assertThrows(
      () => loadTuning(table, "t.json"),
      FormatError,
      "Cannot read t.json: a tuning table",
    );
  }
});
