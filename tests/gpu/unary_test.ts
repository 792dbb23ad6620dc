import { assertEquals, assertThrows } from "@std/assert";
import {
  broadcastTo,
  type DType,
  grad,
  read,
  ShapeError,
  slice,
  sum,
  tensor,
  transpose,
} from "../../gpu/mod.ts";
import * as unary from "../../gpu/ops/unary.ts";
import * as host from "./host.ts";
import { type Reference, unaryReferences } from "./reference.ts";
import { assertAgrees, assertClose, numbers, onDevice } from "./support.ts";

const TYPES: readonly DType[] = ["f32", "f16", "i32", "u32", "bool"];

/** Slope in float64: what the table promises at a kink, else by central differences. */
function slopeOf(reference: Reference, differentiable: boolean, x: number): number {
  const kink = reference.kinks?.find(({ at }) => at[0] === x);
  if (kink !== undefined) return kink.slopes[0];
  if (!differentiable) return 0;
  const step = 1e-6 * Math.abs(x) || 1e-6;
  return (reference.value(x + step) - reference.value(x - step)) / (2 * step);
}

for (const name of Object.keys(unaryReferences) as (keyof typeof unary)[]) {
  const op = unary[name];
  const reference = unaryReferences[name];
  const { arity, interval, differentiable: [differentiable] } = op.entry;
  const isFloat = reference.types.includes("f32");
  const mapped = ([x]: readonly host.Host[]) => host.elementwise(reference.value, x);
  const slopes = ({ values }: host.Host) => (weights: host.Host) => [
    values.map((x, i) => weights.values[i] * slopeOf(reference, differentiable, x)),
  ];

  if (isFloat) {
    Deno.test(`${name}() agrees with plain numbers, forward and backward`, async () => {
      assertEquals(arity, 1);
      const extra = [...reference.kinks ?? []].flatMap(({ at }) => at);
      const values = [
        ...numbers([61], 1, interval).values,
        ...extra,
        ...(reference.beyond ?? []).flat().map(Math.fround),
      ];
      const x = { shape: [values.length], values: Float64Array.from(values) };
      await assertAgrees(([x]) => op(x), mapped, [x], { slopes: slopes(x) });
    });
  }

  if (isFloat) {
    Deno.test(`${name}() agrees with plain numbers on views and on halves`, async () => {
      await assertAgrees(
        ([x]) => op(slice(transpose(broadcastTo(x, [6, 5, 4]), [2, 0, 1]), [1, 2, 0], [4, 6, 4])),
        ([x]) => {
          const turned = host.transpose(host.broadcastTo(x, [6, 5, 4]), [2, 0, 1]);
          return host.elementwise(reference.value, host.slice(turned, [1, 2, 0], [4, 6, 4]));
        },
        [numbers([1, 5, 4], 2, interval)],
        differentiable ? {} : { slopes: () => [new Float64Array(20)] },
      );
      const halves = numbers([33], 3, interval, true);
      await assertAgrees(([x]) => op(x), mapped, [halves], {
        dtype: "f16",
        slopes: slopes(halves),
      });
    });
  }

  Deno.test(`${name}() keeps shapes down to one element`, async () => {
    const inputs = [[], [1], [1, 7], [7, 1], [1, 1, 1], [2, 1, 2, 1, 2, 1]]
      .map((shape, i) => numbers(shape, 10 + i, interval));
    const [dtype] = reference.types;
    const results = inputs.map((x) => op(onDevice(x, dtype)));
    assertEquals(results.map(({ shape }) => shape), inputs.map(({ shape }) => [...shape]));
    assertEquals(results.map((x) => x.dtype), inputs.map(() => dtype));
    (await read(results)).forEach((values, i) => {
      const typed = dtype === "bool" ? host.elementwise((x) => x ? 1 : 0, inputs[i]) : inputs[i];
      assertClose(values, mapped([typed]).values);
    });
  });

  Deno.test(`${name}() takes ${reference.types.join(", ")} and refuses the rest`, async () => {
    const values = [0, 1, 2, 7, -1, -6];
    for (const dtype of TYPES) {
      const x = tensor(values.map((v) => dtype === "u32" ? v >>> 0 : v), { dtype });
      if (!reference.types.includes(dtype)) {
        const message = `Cannot apply ${name} to elements of type ${dtype}: it takes ${
          reference.types.join(", ")
        }`;
        assertThrows(() => op(x), ShapeError, message);
      } else if (dtype !== "f32" && dtype !== "f16") {
        const typed = { bool: (v: number) => v ? 1 : 0, u32: (v: number) => v >>> 0, i32: Number };
        const expected = values.map((v) =>
          typed[dtype]((reference.whole ?? reference.value)(typed[dtype](v)))
        );
        assertEquals([...await op(x).data()], expected);
      }
    }
  });
}

Deno.test("relu() and the arithmetic around it let NaN through instead of hiding it", async () => {
  const x = tensor([NaN, -1, 2]);
  assertEquals(await unary.relu(x).toArray(), [NaN, 0, 2]);
});

Deno.test("ops without a slope give gradient 0", async () => {
  const slope = grad((x: typeof input) => sum(unary.floor(x)));
  const input = tensor([0.5, 1.5]);
  assertEquals(await slope(input).toArray(), [0, 0]);
});
