import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  add,
  exp,
  explain,
  flatten,
  matmul,
  mul,
  relu,
  sin,
  submit,
  sum,
  take,
  tensor,
  transpose,
  variable,
  zeros,
} from "../../gpu/mod.ts";
import { counted, numbers, onDevice } from "./support.ts";

const x = onDevice(numbers([12, 8], 1));
const w = onDevice(numbers([8, 16], 2));

/** The boundaries of all results, kernel by kernel. */
function boundaries(...tensors: Parameters<typeof explain>): string[] {
  return explain(...tensors).kernels.flatMap(({ results }) => results.map((r) => r.boundary));
}

Deno.test("explaining runs nothing, compiles nothing and leaves what was recorded", async () => {
  const total = sum(exp(mul(x, 3.5)));
  const count = variable(tensor([1, 2]));
  count.assign(add(count, 1));
  const moved = await counted(() => explain([total]));
  assertEquals([moved.submits, moved.dispatches, moved.compiles, moved.readbacks], [0, 0, 0, 0]);
  const { kernels } = explain([total]);
  const steps = await counted(() => total.data());
  assertEquals(steps.dispatches, kernels.length);
  assertEquals(await count.toArray(), [2, 3]);
});

Deno.test("a product with its epilogue is one kernel, with bytes and operations that follow from its shape", () => {
  const bias = onDevice(numbers([16], 3));
  const { kernels, copies } = explain([relu(add(matmul(x, w), bias))]);
  assertEquals([kernels.length, copies.length], [1, 0]);
  const [{ ops, inputs, results, bytesRead, bytesWritten, operations }] = kernels;
  assertEquals(ops, ["product", "add", "relu"]);
  assertEquals(inputs.map(({ shape }) => [...shape]), [[12, 8], [8, 16], [16]]);
  assertEquals([bytesRead, bytesWritten], [4 * (12 * 8 + 8 * 16 + 16), 4 * 12 * 16]);
  assertEquals(operations, 2 * 12 * 8 * 16 + 2 * 12 * 16);
  assertEquals(results.map(({ op, boundary }) => [op, boundary]), [["relu", "output"]]);
});

Deno.test("of a table of which few rows are picked only those count as read", () => {
  const table = onDevice(numbers([100, 5], 4));
  const rows = tensor([7, 8, 9], { dtype: "i32" });
  const [{ bytesRead }] = explain([exp(take(table, rows))]).kernels;
  assertEquals(bytesRead, 4 * 3 * 5 + 4 * 3);
});

Deno.test("every boundary says which rule drew it", () => {
  const product = matmul(x, w);
  assertEquals(boundaries([sum(product), exp(product)]), ["readers", "output", "output"]);
  assertEquals(boundaries([sum(product, { axes: 0 })]), ["reader", "output"]);
  assertEquals(boundaries([matmul(exp(x), w)]), ["operand", "output"]);
  const costly = sin(sin(x));
  assertEquals(boundaries([sum(costly, { axes: 0 }), sum(costly, { axes: 1 })])[0], "shared");
  const many = Array.from({ length: 40 }, (_, i) => onDevice(numbers([3], 10 + i)));
  assert(boundaries([many.reduce(add)]).includes("bindings"));
  let long = x;
  for (let i = 0; i < 60; i++) long = sin(long);
  assertEquals(boundaries([long]), ["length", "output"]);
});

Deno.test("updates are written over their variables, or copied where those are still read", () => {
  const square = variable(tensor([[1, 2], [3, 4]]));
  square.assign(mul(square, 2));
  assertEquals(boundaries(), ["update"]);
  submit();
  square.assign(transpose(square)); // element by element it would read what it has overwritten
  assertEquals(boundaries(), ["copy"]);
  assertEquals(explain().copies.map(({ bytes }) => bytes), [16]);
  submit();
  const packed = flatten([variable(zeros([2])), variable(zeros([3]))]);
  packed.values.assign(add(packed.values, packed.pack([zeros([2]), exp(zeros([3]))])));
  assertEquals(boundaries(), ["packed", "packed", "update"]);
  submit();
});

Deno.test("a value from after an update belongs to a second submit", () => {
  const v = variable(tensor([1]));
  v.assign(add(v, 1));
  assertEquals(explain([exp(v)]).kernels.map(({ submit }) => submit), [0, 1]);
  submit();
});

Deno.test("the text names each kernel, what it reads and why it ends", () => {
  const { text } = explain([sum(matmul(x, w), { axes: 0 })]);
  assertStringIncludes(text, "1. product: 1 workgroups, reads 896 B");
  assertStringIncludes(text, "   from source f32 [12, 8], source f32 [8, 16]");
  assertStringIncludes(
    text,
    "   to product f32 [12, 16]: sum reads it and has a kernel of its own",
  );
  assertStringIncludes(text, "2. sum: ");
  assertStringIncludes(text, "   to sum f32 [16]: it is asked for");
});
