import { assertEquals, assertThrows } from "@std/assert";
import { evaluate, openGpu, submit, type Tensor, zeros } from "../../gpu/mod.ts";
import { ConfigError, ShapeError } from "../../gpu/errors.ts";
import { BatchNorm2d, GroupNorm } from "../../nn/mod.ts";
import { at, generate, type Host } from "../gpu/host.ts";
import { assertAgrees, assertClose, numbers, onDevice } from "../gpu/support.ts";

await openGpu();

const SHAPE = [3, 4, 2, 5];
const EPSILON = 1e-5;

/** Normalises what `members` groups together, then gain and shift of the channel, in float64. */
function normalise(
  [x, gain, shift]: readonly Host[],
  group: (n: number, c: number) => string,
): Host {
  const members = new Map<string, number[]>();
  generate(x.shape, ([n, c], flat) => {
    const key = group(n, c);
    members.set(key, [...members.get(key) ?? [], x.values[flat]]);
    return 0;
  });
  return generate(x.shape, ([n, c], flat) => {
    const own = members.get(group(n, c))!;
    const centre = own.reduce((a, b) => a + b) / own.length;
    const spread = own.reduce((a, b) => a + (b - centre) ** 2, 0) / own.length;
    const value = (x.values[flat] - centre) / Math.sqrt(spread + EPSILON);
    return value * gain.values[c] + shift.values[c];
  });
}

const INPUTS = [numbers(SHAPE, 1), numbers([4], 2, [0.5, 2]), numbers([4], 3)];

/** A layer whose gain and shift are these tensors. */
function withParameters<L extends object>(layer: L, weight: Tensor, bias: Tensor): L {
  return Object.assign(layer, { weight, bias });
}

Deno.test("BatchNorm2d agrees with plain numbers in training, forward and backward", async () => {
  await assertAgrees(
    ([x, w, b]) => {
      const layer = withParameters(new BatchNorm2d(4), w, b);
      return layer.forward(x, { training: true });
    },
    (inputs) => normalise(inputs, (_, c) => `${c}`),
    INPUTS,
    { tolerance: 3e-5 },
  );
  submit();
});

Deno.test("BatchNorm2d remembers batches and uses them afterwards, forward and backward", async () => {
  const layer = new BatchNorm2d(4, { momentum: 0.25 });
  const batches = [numbers(SHAPE, 5), numbers(SHAPE, 6)];
  const expected = { mean: [0, 0, 0, 0], variance: [1, 1, 1, 1] };
  for (const batch of batches) {
    evaluate([layer.forward(onDevice(batch), { training: true })]);
    for (let c = 0; c < 4; c++) {
      const own: number[] = [];
      generate(SHAPE, ([, channel], flat) => {
        if (channel === c) own.push(batch.values[flat]);
        return 0;
      });
      const centre = own.reduce((a, b) => a + b) / own.length;
      const spread = own.reduce((a, b) => a + (b - centre) ** 2, 0) / (own.length - 1);
      expected.mean[c] += 0.25 * (centre - expected.mean[c]);
      expected.variance[c] += 0.25 * (spread - expected.variance[c]);
    }
  }
  assertClose(await layer.runningMean.data(), expected.mean);
  assertClose(await layer.runningVariance.data(), expected.variance);
  await assertAgrees(
    ([x]) => layer.forward(x),
    ([x]) =>
      generate(SHAPE, (at4) => {
        const c = at4[1];
        return (at(x, at4) - expected.mean[c]) / Math.sqrt(expected.variance[c] + EPSILON);
      }),
    [INPUTS[0]],
  );
});

Deno.test("running statistics are saved and loaded, and are no parameters", async () => {
  const layer = new BatchNorm2d(2);
  assertEquals(Object.keys(layer.parameters()), ["weight", "bias"]);
  evaluate([layer.forward(onDevice(numbers([2, 2, 3, 3], 1)), { training: true })]);
  const state = await layer.state();
  assertEquals(Object.keys(state), ["weight", "bias", "runningMean", "runningVariance"]);
  const copy = new BatchNorm2d(2);
  copy.load(state);
  assertEquals(await copy.state(), state);
});

Deno.test("GroupNorm agrees with plain numbers, forward and backward", async () => {
  for (const groups of [1, 2, 4]) {
    await assertAgrees(
      ([x, w, b]) => withParameters(new GroupNorm(groups, 4), w, b).forward(x),
      (inputs) => normalise(inputs, (n, c) => `${n}/${Math.floor(c / (4 / groups))}`),
      INPUTS,
      { tolerance: 3e-5 },
    );
  }
});

Deno.test("norms of images refuse channels, groups and batches that do not fit", () => {
  assertThrows(
    () => new BatchNorm2d(3).forward(zeros([2, 4, 1, 1])),
    ShapeError,
    "Cannot apply a batch norm of 3 channels to [2, 4, 1, 1]: images are [batch, 3, rows, columns]",
  );
  assertThrows(
    () => new BatchNorm2d(4).forward(zeros([1, 4, 1, 1]), { training: true }),
    ShapeError,
    "a channel has one element, which has no variance",
  );
  assertThrows(() => new BatchNorm2d(4, { momentum: 0 }), ConfigError, "momentum");
  assertThrows(() => new GroupNorm(3, 4), ConfigError, "groups");
  assertThrows(() => new GroupNorm(2, 4).forward(zeros([2, 4])), ShapeError, "group norm");
});
