/** jax-js, as the benchmarks run it: a whole step with its optimiser is one jitted function. */

import type { WorkloadName } from "../definition.ts";
import type { Session, Steps } from "../measure.ts";
import { attnData, convData, mlpData, productData } from "./data.ts";
import { type Jax, type JaxArray, loadJax } from "./jax_library.ts";
import { attn, conv, type JaxModel, mlp, upload } from "./jax_models.ts";
import type { Peer } from "./peer.ts";
import { sessionOf } from "./session.ts";

/** jax-js. */
export const jaxJs: Peer = {
  lib: "jax-js",
  version: "0.1.25",
  async open(workload): Promise<Session> {
    const start = prepare(workload);
    const jax = await loadJax();
    let steps: JaxSteps;
    return sessionOf(jax.getWebGPUDevice(), {
      start: () => steps = start(jax),
      settled: () => steps.settled(),
    });
  },
};

/** What a session needs of a workload. */
interface JaxSteps extends Steps {
  /** Sends what is still pending, and waits: all results of a jitted function are pending together. */
  settled(): Promise<void>;
}

/** Makes the data on the host. */
function prepare(workload: WorkloadName): (jax: Jax) => JaxSteps {
  switch (workload) {
    case "mlp":
    case "mlp_aft": {
      const data = mlpData(workload === "mlp_aft");
      return (jax) => training(jax, mlp(jax, data));
    }
    case "conv": {
      const data = convData();
      return (jax) => training(jax, conv(jax, data));
    }
    case "attn": {
      const data = attnData();
      return (jax) => training(jax, attn(jax, data));
    }
    default: {
      const [left, right] = productData(workload);
      return (jax) => product(jax, upload(jax, left), upload(jax, right));
    }
  }
}

/** A result that is given away before the wait would never be computed, so all are kept until then. */
function product(jax: Jax, a: JaxArray, b: JaxArray): JaxSteps {
  const multiply = jax.jit((a: JaxArray, b: JaxArray) => jax.numpy.matmul(a, b));
  let results: JaxArray[] = [];
  return {
    step: () => void results.push(multiply(a.ref, b.ref)),
    loss: async () => (await results.at(-1)!.ref.data())[0],
    async settled() {
      await jax.blockUntilReady(results);
      results.slice(0, -1).forEach((result) => result.dispose());
      results = results.slice(-1);
    },
  };
}

/** State of Adam: the parameters, both moments, and the powers of both decay rates. */
type State = {
  parameters: JaxArray[];
  first: JaxArray[];
  second: JaxArray[];
  powers: JaxArray[];
};

function training(jax: Jax, { parameters, constants, loss }: JaxModel): JaxSteps {
  const { numpy: np } = jax;
  const update = jax.jit((state: State, constants: JaxArray[]) => {
    const valueAndGrad = jax.valueAndGrad((p: JaxArray[]) => loss(p, constants));
    const [value, grads] = valueAndGrad(jax.tree.ref(state.parameters));
    return { value, state: adam(jax, state, grads) };
  });
  const zeros = () => parameters.map(({ shape }) => np.zeros(shape));
  const one = () => np.array(1, { dtype: np.float32 });
  let state: State = { parameters, first: zeros(), second: zeros(), powers: [one(), one()] };
  let value: JaxArray | undefined;
  return {
    step() {
      value?.dispose();
      ({ value, state } = update(state, jax.tree.ref(constants)));
    },
    loss: async () => (await value!.ref.data())[0],
    settled: async () => void await jax.blockUntilReady(value!),
  };
}

const RATE = 1e-3;
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

function adam(jax: Jax, { parameters, first, second, powers }: State, grads: JaxArray[]): State {
  const { numpy: np } = jax;
  const [power1, power2] = [powers[0].mul(BETA1), powers[1].mul(BETA2)];
  const bias1 = np.subtract(1, power1.ref);
  const bias2 = np.subtract(1, power2.ref);
  const m = first.map((m, i) => m.mul(BETA1).add(grads[i].ref.mul(1 - BETA1)));
  const v = second.map((v, i) => v.mul(BETA2).add(np.square(grads[i]).mul(1 - BETA2)));
  const next = parameters.map((p, i) => {
    const direction = m[i].ref.div(bias1.ref);
    return p.sub(direction.mul(RATE).div(np.sqrt(v[i].ref.div(bias2.ref)).add(EPSILON)));
  });
  bias1.dispose();
  bias2.dispose();
  return { parameters: next, first: m, second: v, powers: [power1, power2] };
}
