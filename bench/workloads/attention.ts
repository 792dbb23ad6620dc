/** A training step of one layer of attention. */

import { add, mean, square, submit, tensor, valueAndGrad, variable, zeros } from "../../gpu/mod.ts";
import { Adam, LayerNorm, MultiHeadAttention } from "../../nn/mod.ts";
import { rnd, transposed } from "../data.ts";
import { definitions } from "../definition.ts";
import type { Model, Workload } from "../workload.ts";

const [BATCH, ROWS, WIDTH, HEADS] = [16, 64, 128, 4];

interface Data {
  x: Float32Array<ArrayBuffer>;
  /** Weights as the layers keep them, [out, in]; the definition has them [in, out]. */
  qkv: Float32Array<ArrayBuffer>;
  projection: Float32Array<ArrayBuffer>;
}

/** Layer norm, 4 heads of attention, projection, + x; mean square; x is trained too. */
export const attn: Workload = {
  name: "attn",
  ...definitions.attn,
  prepare() {
    const scale = Math.sqrt(3 / WIDTH);
    const data = {
      x: rnd(5, BATCH * ROWS * WIDTH),
      qkv: transposed(rnd(50, WIDTH * 3 * WIDTH, scale), WIDTH, 3 * WIDTH),
      projection: transposed(rnd(51, WIDTH * WIDTH, scale), WIDTH, WIDTH),
    };
    return () => modelOf(data);
  },
};

function modelOf(data: Data): Model {
  const x = variable(tensor(data.x, { shape: [BATCH, ROWS, WIDTH] }));
  const norm = new LayerNorm(WIDTH);
  const attention = attentionOf(data);
  const parameters = { x, norm: norm.parameters(), attention: attention.parameters() };
  const optimiser = new Adam(parameters);
  const lossAndGrads = valueAndGrad((_: typeof parameters) =>
    mean(square(add(attention.forward(norm.forward(x)), x)))
  );
  const loss = variable(zeros([]));
  const step = () => {
    const { value, grads } = lossAndGrads(parameters);
    loss.assign(value);
    optimiser.step(grads);
    submit();
  };
  return { step, loss };
}

function attentionOf({ qkv, projection }: Data): MultiHeadAttention {
  const layer = new MultiHeadAttention(WIDTH, { heads: HEADS, seed: 0 });
  const weights = [qkv, projection];
  [layer.qkv, layer.projection].forEach(({ weight, bias }, i) => {
    weight.write(weights[i]);
    bias!.write(new Float32Array(bias!.size));
  });
  return layer;
}
