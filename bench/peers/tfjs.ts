/** TensorFlow.js with its WebGPU back end, as the benchmarks run it: with its own Adam. */

import type { WorkloadName } from "../definition.ts";
import type { Session, Steps } from "../measure.ts";
import { attnData, convData, mlpData, productData } from "./data.ts";
import type { Peer } from "./peer.ts";
import { sessionOf } from "./session.ts";
import { loadTf, type Tf, type TfTensor } from "./tfjs_library.ts";
import { attn, channelsLast, conv, mlp, type TfModel, upload } from "./tfjs_models.ts";

/** TensorFlow.js. */
export const tfjs: Peer = {
  lib: "tfjs",
  version: "4.22.0",
  async open(workload): Promise<Session> {
    const start = prepare(workload);
    const tf = await loadTf();
    const backend = tf.backend();
    return sessionOf(backend.device, {
      start: () => start(tf),
      async settled() {
        backend.ensureCommandEncoderReady();
        backend.endComputePassEncoder();
        backend.submitQueue();
        await backend.device.queue.onSubmittedWorkDone();
      },
    });
  },
};

/** Makes the data on the host. */
function prepare(workload: WorkloadName): (tf: Tf) => Steps {
  switch (workload) {
    case "mlp":
    case "mlp_aft": {
      const data = mlpData(workload === "mlp_aft");
      return (tf) => training(tf, mlp(tf, data));
    }
    case "conv": {
      const data = channelsLast(convData());
      return (tf) => training(tf, conv(tf, data));
    }
    case "attn": {
      const data = attnData();
      return (tf) => training(tf, attn(tf, data));
    }
    default: {
      const [left, right] = productData(workload);
      return (tf) => product(tf, upload(tf, left), upload(tf, right));
    }
  }
}

function product(tf: Tf, a: TfTensor, b: TfTensor): Steps {
  return stepsOf(() => tf.matMul(a, b));
}

function training(tf: Tf, { variables, loss }: TfModel): Steps {
  const optimiser = tf.train.adam(1e-3, 0.9, 0.999, 1e-8);
  return stepsOf(() => optimiser.minimize(loss, true, variables));
}

/** Keeps the result of the last step alone. */
function stepsOf(compute: () => TfTensor): Steps {
  let result: TfTensor | undefined;
  return {
    step() {
      result?.dispose();
      result = compute();
    },
    loss: async () => (await result!.data())[0],
  };
}
