import { assertEquals, assertThrows } from "@std/assert";
import {
  add,
  broadcastTo,
  cast,
  type DType,
  equal,
  greater,
  read,
  ShapeError,
  slice,
  sub,
  tensor,
  transpose,
  where,
} from "../../gpu/mod.ts";
import * as binary from "../../gpu/ops/binary.ts";
import type { Binary } from "../../gpu/ops/define.ts";
import * as host from "./host.ts";
import { binaryReferences, type Reference } from "./reference.ts";
import { assertAgrees, assertClose, hostOf, numbers, onDevice } from "./support.ts";

const TYPES: readonly DType[] = ["f32", "f16", "i32", "u32", "bool"];

/** Ops of the form (a, b). */
type Pairs = Exclude<keyof typeof binaryReferences, "where" | "clip">;
const names = Object.keys(binaryReferences)
  .filter((name) => name !== "where" && name !== "clip") as Pairs[];

/** Slopes in float64: what the table promises at a kink, else by central differences. */
function slopesOf(
  reference: Reference,
  differentiable: readonly boolean[],
  at: number[],
): number[] {
  const kink = reference.kinks?.find((kink) => kink.at.join() === at.join());
  if (kink !== undefined) return [...kink.slopes];
  return at.map((x, i) => {
    if (!differentiable[i]) return 0;
    const step = 1e-6 * Math.abs(x) || 1e-6;
    const [above, below] = [x + step, x - step].map((v) => reference.value(...at.with(i, v)));
    return (above - below) / (2 * step);
  });
}

function cases(name: Pairs): { op: Binary; reference: Reference; slopes: boolean } {
  const op = binary[name];
  return { op, reference: binaryReferences[name], slopes: op.entry.differentiable.includes(true) };
}

/** What comparisons return counts as 0 and 1 in the weighted sum. */
function counting(op: Binary): Binary {
  const result = (a: Parameters<Binary>[0], b: Parameters<Binary>[1]) => cast(op(a, b), "f32");
  return Object.assign(result, { entry: op.entry });
}

for (const name of names) {
  const { op, reference, slopes } = cases(name);
  const { interval, differentiable, arity } = op.entry;
  const f32 = reference.result === "bool" ? counting(op) : op;
  const isFloat = reference.types.includes("f32");
  const pairs = ([a, b]: readonly host.Host[]) => host.elementwise(reference.value, a, b);
  const flatSlopes = ([a, b]: readonly host.Host[]) => ({ values }: host.Host) => {
    const all = Array.from(
      a.values,
      (x, i) => slopesOf(reference, differentiable, [x, b.values[i]]),
    );
    return [0, 1].map((side) => all.map((slope, i) => slope[side] * values[i]));
  };

  if (isFloat) {
    Deno.test(`${name}() agrees with plain numbers, forward and backward`, async () => {
      assertEquals(arity, 2);
      const extra = [...(reference.kinks ?? []).map(({ at }) => at), ...reference.beyond ?? []];
      const inputs = [0, 1].map((side) =>
        hostOf([
          ...numbers([61], 20 + side, interval).values,
          ...extra.map((at) => Math.fround(at[side])),
        ])
      );
      await assertAgrees(([a, b]) => f32(a, b), pairs, inputs, { slopes: flatSlopes(inputs) });
    });

    Deno.test(`${name}() broadcasts, forward and backward`, async () => {
      const shapes = slopes
        ? [[[3, 1, 4], [5, 1]], [[6], [1]], [[], [2, 3]], [[4], [3, 4]], [[2, 1, 3], [2, 5, 1]]]
        : [[[3, 1, 4], [5, 1]], [[4], [3, 4]]];
      for (const [left, right] of shapes) {
        const inputs = [numbers(left, 22, interval), numbers(right, 23, interval)];
        const none = { slopes: () => inputs.map(({ values }) => values.map(() => 0)) };
        await assertAgrees(([a, b]) => f32(a, b), pairs, inputs, slopes ? {} : none);
      }
    });

    Deno.test(`${name}() takes numbers on either side`, async () => {
      const x = numbers([17], 24, interval);
      const [low, high] = interval;
      const number = Math.fround(0.3 * low + 0.7 * high);
      const zero = slopes ? {} : { slopes: () => [new Float64Array(17)] };
      const left = ([x]: readonly host.Host[]) =>
        host.elementwise((x) => reference.value(number, x), x);
      const right = ([x]: readonly host.Host[]) =>
        host.elementwise((x) => reference.value(x, number), x);
      await assertAgrees(([x]) => f32(number, x), left, [x], zero);
      await assertAgrees(([x]) => f32(x, number), right, [x], zero);
      const [both] = await f32(number, low).data();
      assertClose([both], [reference.value(number, low)]);
    });

    Deno.test(`${name}() agrees with plain numbers on views and on halves`, async () => {
      const inputs = [numbers([1, 5, 4], 25, interval), numbers([5, 3, 6], 26, interval)];
      await assertAgrees(
        ([a, b]) =>
          f32(
            slice(transpose(broadcastTo(a, [6, 5, 4]), [2, 0, 1]), [1, 2, 0], [4, 6, 4]),
            slice(transpose(b, [1, 2, 0]), [0, 1, 1], [3, 5, 5]),
          ),
        ([a, b]) => {
          const turned = host.transpose(host.broadcastTo(a, [6, 5, 4]), [2, 0, 1]);
          return host.elementwise(
            reference.value,
            host.slice(turned, [1, 2, 0], [4, 6, 4]),
            host.slice(host.transpose(b, [1, 2, 0]), [0, 1, 1], [3, 5, 5]),
          );
        },
        inputs,
        slopes ? {} : { slopes: () => inputs.map(({ values }) => values.map(() => 0)) },
      );
      const halves = [27, 28].map((seed) => numbers([33], seed, interval, true));
      const settings = { dtype: "f16" as const, slopes: flatSlopes(halves) };
      await assertAgrees(([a, b]) => f32(a, b), pairs, halves, settings);
    });
  }

  Deno.test(`${name}() takes ${reference.types.join(", ")} and refuses the rest`, async () => {
    const left = [0, 1, 2, 7, -7, -6, 5, 5];
    const right = [1, 1, 5, 2, 2, 4, -3, 5];
    const typed = { bool: (v: number) => v ? 1 : 0, u32: (v: number) => v >>> 0, i32: Number };
    for (const dtype of TYPES) {
      if (!reference.types.includes(dtype)) {
        const x = tensor([0, 1], { dtype });
        const counted = dtype === "f16" ? "f32" : dtype;
        const message = `Cannot apply ${name} to elements of type ${counted}: it takes ${
          reference.types.join(", ")
        }`;
        assertThrows(() => op(x, x), ShapeError, message);
      } else if (dtype !== "f32" && dtype !== "f16") {
        const to = typed[dtype];
        const [a, b] = [left, right].map((values) => tensor(values.map(to), { dtype }));
        const value = (a: number, b: number) =>
          to((reference.whole ?? reference.value)(to(a), to(b)));
        const result = op(a, b);
        const [both, number] = await read([result, op(a, to(3))]);
        assertEquals(result.dtype, reference.result ?? dtype);
        assertEquals([...both], left.map((a, i) => value(a, right[i])));
        assertEquals([...number], left.map((a) => value(a, 3)));
      }
    }
  });

  Deno.test(`${name}() keeps shapes down to one element`, async () => {
    const [dtype] = reference.types;
    const shapes = [[], [1], [1, 7], [7, 1], [1, 1, 1], [2, 1, 2, 1, 2, 1]];
    const inputs = shapes.map((shape, i) =>
      [30 + i, 40 + i].map((s) => numbers(shape, s, interval))
    );
    const results = inputs.map(([a, b]) => op(onDevice(a, dtype), onDevice(b, dtype)));
    assertEquals(results.map(({ shape }) => [...shape]), shapes);
    (await read(results)).forEach((values, i) => {
      const typed = dtype === "bool"
        ? inputs[i].map((x) => host.elementwise((v) => v ? 1 : 0, x))
        : inputs[i];
      assertClose(values, pairs(typed).values);
    });
  });
}

Deno.test("element-wise ops refuse types and shapes that do not go together", () => {
  assertThrows(
    () => add(tensor([1]), tensor([1], { dtype: "i32" })),
    ShapeError,
    "Cannot apply add to f32 and i32: cast one of them first",
  );
  assertThrows(
    () => equal(tensor([1], { dtype: "u32" }), tensor([1], { dtype: "i32" })),
    ShapeError,
    "Cannot apply equal to u32 and i32: cast one of them first",
  );
  assertThrows(
    () => sub(tensor([1, 2, 3]), tensor([[1, 2], [3, 4]])),
    ShapeError,
    "Cannot apply sub to [3] and [2, 2]: sizes 3 and 2 do not broadcast",
  );
  assertThrows(
    () => where(tensor([1, 0, 1], { dtype: "bool" }), tensor([1, 2]), 0),
    ShapeError,
    "Cannot apply where to [3] and [2]: sizes 3 and 2 do not broadcast",
  );
});

Deno.test("a half counts as f32 beside f32", async () => {
  const half = tensor([1, 2], { dtype: "f16" });
  const total = add(half, tensor([0.1, 0.2]));
  assertEquals(total.dtype, "f32");
  assertClose(await total.data(), [1.1, 2.2]);
  assertEquals(await greater(half, 1.5).toArray(), [0, 1]);
});
