import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  attention,
  attentionFromOps,
  type AttentionOptions,
  ConfigError,
  evaluate,
  grad,
  mul,
  read,
  reshape,
  selfAttention,
  ShapeError,
  slice,
  sum,
  type Tensor,
  tensor,
  transpose,
  valueAndGradWithAux,
  zeros,
} from "../../gpu/mod.ts";
import { LARGEST } from "../../gpu/dtype.ts";
import { at, generate, type Host } from "./host.ts";
import { assertAgrees, assertClose, counted, numbers, onDevice } from "./support.ts";

/** The definition, in float64; `sees` tells which pairs count. */
function attend(
  [q, k, v]: readonly Host[],
  scale: number,
  sees: (b: number, h: number, t: number, j: number) => boolean,
): Host {
  const [, , , width] = q.shape;
  const keys = k.shape[2];
  return generate(q.shape, ([b, h, t, c]) => {
    const scores = Array.from({ length: keys }, (_, j) => {
      if (!sees(b, h, t, j)) return -Infinity;
      let score = 0;
      for (let i = 0; i < width; i++) score += at(q, [b, h, t, i]) * at(k, [b, h, j, i]);
      return score * scale;
    });
    const top = Math.max(...scores);
    if (top === -Infinity) return 0;
    const shares = scores.map((score) => Math.exp(score - top));
    const total = shares.reduce((a, b) => a + b);
    return shares.reduce((sum, share, j) => sum + share / total * at(v, [b, h, j, c]), 0);
  });
}

interface Case {
  q: number[];
  keys: number;
  options?: AttentionOptions;
  sees?: (b: number, h: number, t: number, j: number) => boolean;
}

const padding = [3, 0]; // the second has no key that is seen
const mask = () => {
  const values = padding.flatMap((length) => Array.from({ length: 5 }, (_, j) => j < length));
  return tensor(values.map(Number), { dtype: "bool", shape: [2, 1, 1, 5] });
};

const CASES: Record<string, Case> = {
  "one row, one key, one column": { q: [1, 1, 1, 1], keys: 1 },
  "columns in fours": { q: [2, 2, 5, 8], keys: 5 },
  "columns that are no multiple of four": { q: [1, 2, 3, 6], keys: 4 },
  "more rows than a workgroup has threads": { q: [1, 1, 37, 4], keys: 35 },
  "a scale of its own": { q: [1, 2, 4, 4], keys: 6, options: { scale: 2 } },
  "causal": { q: [1, 2, 7, 4], keys: 7, options: { causal: true }, sees: (_, _h, t, j) => j <= t },
  "causal with more keys than queries": {
    q: [1, 1, 3, 4],
    keys: 5,
    options: { causal: true },
    sees: (_, _h, t, j) => j <= t + 2,
  },
  "causal with more queries than keys, of which some see none": {
    q: [1, 1, 5, 4],
    keys: 3,
    options: { causal: true },
    sees: (_, _h, t, j) => j <= t - 2,
  },
};

/** Both ways: all pairs at once, and in the smallest blocks. */
const WAYS: readonly AttentionOptions[] = [{}, { keptPairs: 0 }];

for (const [name, { q, keys, options = {}, sees = () => true }] of Object.entries(CASES)) {
  Deno.test(`attention() agrees with plain numbers, forward and backward: ${name}`, async () => {
    const side = [q[0], q[1], keys, q[3]];
    for (const way of WAYS) {
      await assertAgrees(
        ([q, k, v]) => attention(q, k, v, { ...options, ...way }),
        (inputs) => attend(inputs, options.scale ?? 1 / Math.sqrt(q[3]), sees),
        [numbers(q, 1), numbers(side, 2), numbers(side, 3)],
      );
    }
  });
}

Deno.test("attention() leaves out what a mask does not show, forward and backward", async () => {
  const shape = [2, 2, 5, 4];
  for (const [causal, way] of [false, true].flatMap((c) => WAYS.map((way) => [c, way] as const))) {
    await assertAgrees(
      ([q, k, v]) => attention(q, k, v, { mask: mask(), causal, ...way }),
      (inputs) => attend(inputs, 0.5, (b, _, t, j) => j < padding[b] && (!causal || j <= t)),
      [numbers(shape, 1), numbers(shape, 2), numbers(shape, 3)],
    );
  }
});

Deno.test("attention() leaves out unseen keys however low the scores of seen ones are", async () => {
  const q = tensor([[[[1], [0]]]]);
  const k = tensor([[[[-LARGEST], [0]]]]);
  const v = tensor([[[[2], [6]]]]);
  const mask = tensor([[[[1, 0], [0, 0]]]], { dtype: "bool" });
  for (const attend of [attention, attentionFromOps]) {
    assertEquals(await attend(q, k, v, { causal: true }).toArray(), [[[[2], [4]]]]);
    assertEquals(await attend(q, k, v, { mask }).toArray(), [[[[2], [0]]]]);
  }
});

Deno.test("attention() agrees with its composition from plain ops, gradients too", async () => {
  const shape = [2, 3, 37, 16];
  const inputs = [1, 2, 3].map((seed) => onDevice(numbers(shape, seed, [-2, 2])));
  const weights = onDevice(numbers(shape, 9));
  for (const options of [{ causal: true, keptPairs: 0 }]) {
    const [fused, plain] = await Promise.all([attention, attentionFromOps].map((f) => {
      const run = valueAndGradWithAux(([q, k, v]: Tensor[]) => {
        const aux = f(q, k, v, options);
        return { loss: sum(mul(aux, weights)), aux };
      });
      const { aux, grads } = run(inputs);
      return read([aux, ...grads]);
    }));
    fused.forEach((values, i) => assertClose(values, plain[i], 1e-5, `result ${i}`));
  }
});

Deno.test("selfAttention() is attention() of the three parts of one tensor, gradient too", async () => {
  const packed = onDevice(numbers([2, 9, 3, 2, 8], 5));
  const weights = onDevice(numbers([2, 9, 2, 8], 6));
  const parts = (qkv: Tensor) =>
    [0, 1, 2].map((role) => {
      const own = slice(qkv, [0, 0, role, 0, 0], [2, 9, role + 1, 2, 8]);
      return transpose(reshape(own, [2, 9, 2, 8]), [0, 2, 1, 3]);
    }) as [Tensor, Tensor, Tensor];
  const ways = [
    (qkv: Tensor) => selfAttention(qkv, { causal: true, keptPairs: 0 }),
    (qkv: Tensor) => selfAttention(qkv, { causal: true }),
    (qkv: Tensor) => transpose(attentionFromOps(...parts(qkv), { causal: true }), [0, 2, 1, 3]),
  ];
  const [other, ...found] = await Promise.all(
    ways.toReversed().map((f) => {
      const slope = grad((qkv: Tensor) => sum(mul(f(qkv), weights)))(packed);
      return read([f(packed), slope]);
    }),
  );
  for (const one of found) {
    one.forEach((values, i) => assertClose(values, other[i], 1e-5, `result ${i}`));
  }
});

Deno.test("attention() in blocks agrees with plain numbers, whatever the blocks divide", async () => {
  const shapes: [number[], number, number][] = [
    [[3, 2, 8, 4], 5, 2 * 8 * 5], // a batch entry at a time
    [[5, 1, 3, 4], 3, 40], // several, whose rows are no multiple of 64 elements
    [[2, 3, 8, 8], 4, 2 * 8 * 4], // two heads of three
    [[2, 2, 37, 4], 6, 16 * 6], // rows of a head, the last block is shorter
  ];
  for (const [shape, keys, keptPairs] of shapes) {
    const side = [shape[0], shape[1], keys, shape[3]];
    await assertAgrees(
      ([q, k, v]) => attention(q, k, v, { keptPairs, causal: true }),
      (all) => attend(all, 1 / Math.sqrt(shape[3]), (_, _h, t, j) => j <= t + keys - shape[2]),
      [numbers(shape, 1), numbers(side, 2), numbers(side, 3)],
    );
  }
});

Deno.test("attention() of more pairs than are kept takes memory that grows with the rows, not with their square", async () => {
  const peakFor = async (rows: number) => {
    const [q, k, v] = [1, 2, 3].map((seed) => onDevice(numbers([1, 1, rows, 4], seed)));
    const slopes = grad((sides: Tensor[]) => {
      const [q, k, v] = sides;
      const y = attention(q, k, v, { keptPairs: 2 ** 14 });
      return sum(mul(y, y));
    });
    return (await counted(() => evaluate(slopes([q, k, v])))).liveBytes;
  };
  const [short, long] = [await peakFor(256), await peakFor(1024)];
  const pairs = 4 * 1024 ** 2;
  assert(long - short < pairs / 4, `${short} and ${long} bytes more for 256 and 1,024 rows`);
});

Deno.test("another plan of attention() in blocks takes the memory of the first", async () => {
  const [layers, side] = [8, [1, 2, 64, 64]];
  const slopes = grad((x: Tensor) => {
    let y = x;
    for (let i = 0; i < layers; i++) y = attention(y, y, y, { keptPairs: 2 ** 11 });
    return sum(mul(y, y));
  });
  const bytesOf = async (run: (x: Tensor) => Tensor) => {
    const x = onDevice(numbers(side, 4));
    return (await counted(() => evaluate([run(x)]))).liveBytes;
  };
  await bytesOf(slopes);
  const more = await bytesOf((x) => mul(slopes(x), x)); // the same steps and one more
  const bytes = 4 * 2 * 64 * 64; // of one tensor; the plan's own numbers take a third of it a layer
  assert(more < layers * bytes, `${more} bytes more, where a tensor takes ${bytes}`);
});

Deno.test("gradients of attention()'s gradients agree with those of its composition", async () => {
  const shape = [1, 1, 3, 2];
  const inputs = [1, 2, 3].map((seed) => onDevice(numbers(shape, seed)));
  const [fused, plain] = await Promise.all([attention, attentionFromOps].map((f) => {
    const loss = ([q, k, v]: Tensor[]) => {
      const y = f(q, k, v, { keptPairs: 0 });
      return sum(mul(y, mul(y, y)));
    };
    const second = grad((all: Tensor[]) => {
      const [q] = grad(loss)(all);
      return sum(mul(q, q));
    });
    return read(second(inputs));
  }));
  fused.forEach((values, i) => assertClose(values, plain[i], 1e-4, `second gradient ${i}`));
});

Deno.test("attention() refuses operands and masks that do not belong together", () => {
  const q = zeros([2, 2, 3, 4]);
  assertThrows(
    () => attention(q, zeros([2, 2, 3, 5]), zeros([2, 2, 3, 5])),
    ShapeError,
    "Cannot attend from queries [2, 2, 3, 4] to keys [2, 2, 3, 5]",
  );
  assertThrows(() => attention(q, q, zeros([2, 2, 4, 4])), ShapeError, "values [2, 2, 4, 4]");
  assertThrows(
    () => attention(q, q, q, { mask: zeros([3, 3]) }),
    ShapeError,
    "Cannot attend with a mask f32 [3, 3]: it must be bool and broadcast to [2, 2, 3, 3]",
  );
  assertThrows(() => selfAttention(zeros([2, 3, 2, 2, 4])), ShapeError, "[batch, rows, 3, heads");
  for (const keptPairs of [-1, NaN]) {
    assertThrows(() => attention(q, q, q, { keptPairs }), ConfigError, `keptPairs ${keptPairs}`);
  }
});
