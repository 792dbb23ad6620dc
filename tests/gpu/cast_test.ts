import { assertEquals } from "@std/assert";
import { cast, type DType, mul, read, tensor } from "../../gpu/mod.ts";
import * as host from "./host.ts";
import { assertAgrees, hostOf, numbers, onDevice } from "./support.ts";

Deno.test("cast() changes every type into every other", async () => {
  const values = { f32: [0, 1.75, -2.5, 300], i32: [0, 1, -2, 300], u32: [0, 1, 7, 300] };
  const expected: Record<string, number[]> = {
    "f32 i32": [0, 1, -2, 300],
    "f32 bool": [0, 1, 1, 1],
    "f32 f16": [0, 1.75, -2.5, 300],
    "i32 f32": [0, 1, -2, 300],
    "i32 u32": [0, 1, 4294967294, 300],
    "i32 bool": [0, 1, 1, 1],
    "i32 f16": [0, 1, -2, 300],
    "u32 f32": [0, 1, 7, 300],
    "u32 i32": [0, 1, 7, 300],
    "u32 bool": [0, 1, 1, 1],
    "bool f32": [0, 1, 1, 0],
    "bool i32": [0, 1, 1, 0],
    "bool u32": [0, 1, 1, 0],
    "bool f16": [0, 1, 1, 0],
  };
  const results = await read(
    Object.keys(expected).map((pair) => {
      const [from, to] = pair.split(" ") as [DType, DType];
      const of = from === "bool" ? [0, 1, 1, 0] : values[from as keyof typeof values];
      const result = cast(tensor(of, { dtype: from }), to);
      assertEquals(result.dtype, to);
      return result;
    }),
  );
  Object.entries(expected).forEach(([pair, wanted], i) =>
    assertEquals([...results[i]], wanted, pair)
  );
  assertEquals(await cast(2.75, "i32").item(), 2);
});

Deno.test("cast() to f16 rounds to half precision, kept in memory or not", async () => {
  const values = numbers([99], 54, [-4, 4]).values;
  const expected = [...Float16Array.from(values)];
  const x = onDevice(hostOf([...values]));
  const [kept, melted] = await read([cast(x, "f16"), mul(cast(x, "f16"), 1)]);
  assertEquals([...kept], expected);
  assertEquals([...melted], expected);
});

Deno.test("the gradient through halves stays f32", async () => {
  await assertAgrees(
    ([x]) => mul(cast(x, "f16"), 1e-6),
    ([x]) => host.elementwise((x) => 1e-6 * x, x),
    [numbers([9], 55, [-4, 4], true)],
    { tolerance: 1e-12 },
  );
});
