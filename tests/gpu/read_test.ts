import { assertEquals, assertThrows } from "@std/assert";
import {
  add,
  cast,
  evaluate,
  exp,
  mul,
  read,
  ShapeError,
  sub,
  sum,
  tensor,
  variable,
  zeros,
} from "../../gpu/mod.ts";
import { assertClose, counted, numbers, onDevice } from "./support.ts";

Deno.test("read() gives values in the order asked for, one tensor twice, none at all", async () => {
  const x = exp(tensor([0, 1]));
  const [a, b, c] = await read([x, sum(x), x]);
  assertEquals(a, c);
  assertClose(b, [1 + Math.E]);
  assertEquals(await read([]), []);
});

Deno.test("read() of nothing still carries out what was assigned", async () => {
  const x = variable(tensor([1]));
  x.assign(add(x, 1));
  assertEquals(await read([]), []);
  const moved = await counted(async () => assertEquals(await x.item(), 2));
  assertEquals(moved.submits, 1);
});

Deno.test("reads may overlap each other and later updates", async () => {
  const x = variable(tensor([1, 2]));
  const first = x.data();
  x.assign(mul(x, 10));
  const second = mul(x, 2).data();
  x.write(Float32Array.of(7, 8));
  const third = x.toArray();
  assertEquals([...await second], [20, 40]);
  assertEquals([...await first], [1, 2]);
  assertEquals(await third, [7, 8]);
});

Deno.test("many reads at once each get their own values", async () => {
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, i) => sum(mul(tensor([1, 2, 3]), i)).item()),
  );
  assertEquals(results, Array.from({ length: 20 }, (_, i) => 6 * i));
});

Deno.test("read() brings every type and size in one buffer", async () => {
  const results = [
    cast(tensor([1, 0, 1]), "bool"),
    add(onDevice(numbers([7], 1)), 1),
    cast(tensor([1.5, 2.5, -3]), "f16"),
    cast(tensor([-7, 7]), "i32"),
    zeros([3000]),
    add(tensor(1), 1),
  ];
  const values = await read(results);
  assertEquals(values.map(({ length }) => length), [3, 7, 3, 2, 3000, 1]);
  assertEquals([...values[0], ...values[2], ...values[3], ...values[5]], [
    1,
    0,
    1,
    1.5,
    2.5,
    -3,
    -7,
    7,
    2,
  ]);
  assertClose(values[1], numbers([7], 1).values.map((v) => v + 1));
});

Deno.test("what evaluate() kept serves later recordings and readings alike", async () => {
  const x = exp(onDevice(numbers([5], 2)));
  const y = mul(x, 2);
  evaluate([x]);
  const [a, b] = await read([x, y]);
  assertEquals([...b], [...a].map((v) => 2 * v));
  evaluate([x, y]);
  assertEquals(await sub(y, x).data(), a);
});

Deno.test("a fraction beside whole numbers is refused instead of being cut off", async () => {
  const whole = tensor([1, 2], { dtype: "i32" });
  assertThrows(
    () => mul(whole, 0.5),
    ShapeError,
    "Cannot apply mul to i32 and the number 0.5: cast the tensor to f32 first",
  );
  assertThrows(() => add(0.25, cast(whole, "u32")), ShapeError, "Cannot apply add to u32");
  assertEquals(await mul(whole, -3).toArray(), [-3, -6]);
});
