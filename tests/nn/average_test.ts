import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ConfigError } from "../../gpu/errors.ts";
import { openGpu, submit, tensor, type Variable, variable } from "../../gpu/mod.ts";
import { Adam, AdamW } from "../../nn/adam.ts";
import type { OptimiserOptions } from "../../nn/optimiser.ts";
import { SGD } from "../../nn/sgd.ts";
import { assertClose, counted, hostArray, onDevice } from "./support.ts";

await openGpu();

const SHAPE = [5, 9];

/** Gradients of several steps. */
const slopes = [1, 2, 3, 4, 5, 6].map((seed) => hostArray(SHAPE, seed));

/** A weight and an optimiser that has taken all steps, with the weight after each. */
async function trained(options: OptimiserOptions) {
  const weight = variable(onDevice(hostArray(SHAPE, 20)));
  const optimiser = new Adam({ weight }, { rate: 0.1, ...options });
  const path: Float32Array<ArrayBuffer>[] = [];
  for (const slope of slopes) {
    optimiser.step({ weight: onDevice(slope) });
    path.push(await weight.data() as Float32Array<ArrayBuffer>);
  }
  return { weight, optimiser, path };
}

/** The average in plain numbers: an even mean at first, then exponential. */
function averageOf(path: readonly Float32Array[], ema: number): number[] {
  return Array.from(path[0], (_, i) => {
    let average = 0;
    path.forEach((weights, step) => {
      const kept = Math.min(ema, step / (step + 1));
      average = kept * average + (1 - kept) * weights[i];
    });
    return average;
  });
}

for (const ema of [0.5, 0.75, 0.999]) {
  Deno.test(`the average of weights with ema ${ema} is that of plain numbers`, async () => {
    const { weight, optimiser, path } = await trained({ ema });
    const average = await optimiser.withAverage(() => weight.data());
    assertClose(average, averageOf(path, ema), 1e-6);
  });
}

Deno.test("the average changes neither the trained weights nor their bits", async () => {
  const [without, beside] = [await trained({}), await trained({ ema: 0.75 })];
  assertEquals(beside.path, without.path);
  await beside.optimiser.withAverage(() => beside.weight.data());
  assertEquals(await beside.weight.data(), without.path.at(-1));
  await assertRejects(() =>
    beside.optimiser.withAverage(() => Promise.reject(new Error("an evaluation that fails")))
  );
  assertEquals(await beside.weight.data(), without.path.at(-1));
});

Deno.test("an exchange with the average keeps every bit, of zeros below 0 too", async () => {
  const weight = variable(tensor([-0, 0, 1e-40]));
  const optimiser = new SGD({ weight }, { rate: 0, ema: 0.5 });
  optimiser.step({ weight: tensor([0, 0, 0]) });
  submit();
  const before = await weight.data();
  await optimiser.withAverage(() => Promise.resolve());
  assertEquals(await weight.data(), before);
});

Deno.test("the average goes on from a saved state with the same bits", async () => {
  const first = await trained({ ema: 0.75 });
  const saved = await first.optimiser.state();
  assertEquals(Object.keys(saved.tensors), ["ema.weight", "m.weight", "v.weight"]);
  const weight = variable(tensor(first.path.at(-1)!, { shape: SHAPE }));
  const second = new Adam({ weight }, { rate: 0.1, ema: 0.75 });
  second.load(saved);
  const step = async (optimiser: Adam, weight: Variable) => {
    optimiser.step({ weight: onDevice(slopes[0]) });
    submit();
    return [await weight.data(), await optimiser.withAverage(() => weight.data())];
  };
  assertEquals(await step(second, weight), await step(first.optimiser, first.weight));
});

Deno.test("decay, average and gradients of earlier batches add no kernel to an update, a limit adds two", async () => {
  const dispatches = async (options: OptimiserOptions, batches = 1) => {
    const weight = variable(onDevice(hostArray([300, 300], 1)));
    const optimiser = new AdamW({ weight }, { decay: 0, ...options });
    const slope = onDevice(hostArray([300, 300], 2));
    const step = async () => {
      for (let i = 1; i < batches; i++) {
        optimiser.accumulate({ weight: slope });
        submit();
      }
      return await counted(() => {
        optimiser.step({ weight: slope });
        submit();
      });
    };
    await step();
    const { dispatches, submits, compiles, buffersMade } = await step();
    assertEquals([submits, compiles, buffersMade], [1, 0, 0]);
    return dispatches;
  };
  const plain = await dispatches({});
  assertEquals(plain, 2); // the gradient goes to its place, then everything is updated
  assertEquals(await dispatches({ decay: 0.1, ema: 0.9 }), plain);
  assertEquals(await dispatches({ decay: 0.1, ema: 0.9 }, 3), plain);
  assertEquals(await dispatches({ clip: 1 }), plain + 2); // a sum of 90,000 squares takes two
  assertEquals(await dispatches({ clip: 1, decay: 0.1, ema: 0.9 }), plain + 2);
});

Deno.test("a step takes the mean of the gradients that waited, and they wait no longer", async () => {
  const host = (seed: number) => hostArray(SHAPE, seed).values;
  const [weight, other] = [1, 2].map(() => variable(onDevice(hostArray(SHAPE, 20))));
  const together = new SGD({ weight }, { rate: 0.5, momentum: 0.9, clip: 0.3 });
  const alone = new SGD({ weight: other }, { rate: 0.5, momentum: 0.9, clip: 0.3 });
  for (const seeds of [[1, 2, 3], [4, 5, 6]]) {
    for (const seed of seeds.slice(1)) {
      together.accumulate({ weight: onDevice(hostArray(SHAPE, seed)) });
      submit();
    }
    together.step({ weight: onDevice(hostArray(SHAPE, seeds[0])) });
    const mean = Array.from(
      host(1),
      (_, i) => seeds.reduce((all, seed) => all + host(seed)[i], 0) / 3,
    );
    alone.step({ weight: tensor(Float32Array.from(mean), { shape: SHAPE }) });
    submit();
  }
  assertClose(await weight.data(), Array.from(await other.data()), 1e-6);
  assertEquals([together.steps, alone.steps], [2, 2]);
});

Deno.test("a state cannot be saved while gradients wait", async () => {
  const weight = variable(tensor([1]));
  const optimiser = new SGD({ weight }, { rate: 1 });
  optimiser.accumulate({ weight: tensor([1]) });
  submit();
  const error = await assertRejects(() => optimiser.state(), ConfigError);
  assertEquals(
    error.message,
    "Cannot save the optimiser with gradients of 1 batches waiting: take the step first",
  );
  optimiser.step({ weight: tensor([2]) });
  assert((await optimiser.state()).steps === 1);
  assertAlmostEquals(await weight.item(), -0.5, 1e-6);
});

Deno.test("an average that would keep all or nothing is refused", () => {
  const weight = variable(tensor([1]));
  for (const ema of [0, 1, NaN]) {
    let message = "";
    try {
      new SGD({ weight }, { ema });
    } catch (error) {
      message = (error as ConfigError).message;
    }
    assertEquals(
      message,
      `Cannot make an optimiser with ema ${ema}: ema must be above 0 and below 1`,
    );
  }
});

Deno.test("calls with the average may overlap, and nothing is trained meanwhile", async () => {
  const weight = variable(tensor([0]));
  const optimiser = new SGD({ weight }, { rate: 1, ema: 0.9 });
  for (const slope of [-1, -2]) {
    optimiser.step({ weight: tensor([slope]) });
    submit();
  }
  const average = () => optimiser.withAverage(() => weight.item());
  assertEquals(await Promise.all([average(), average()]), [2, 2]);
  assertEquals(await optimiser.withAverage(average), 2);
  assertEquals(await weight.item(), 3);
  const message = "Cannot take a step while averaged weights stand in for the trained ones";
  await optimiser.withAverage(() => {
    assertThrows(() => optimiser.step({ weight: tensor([1]) }), ConfigError, message);
    return assertRejects(() => optimiser.state(), ConfigError, "Cannot save the optimiser while");
  });
  assertEquals([await weight.item(), optimiser.steps], [3, 2]);
});

Deno.test("a state is not loaded over gradients that wait", async () => {
  const weight = variable(tensor([0]));
  const optimiser = new SGD({ weight }, { rate: 1 });
  const state = await optimiser.state();
  optimiser.accumulate({ weight: tensor([10]) });
  submit();
  assertThrows(
    () => optimiser.load(state),
    ConfigError,
    "Cannot load the optimiser with gradients of 1 batches waiting: take the step first",
  );
});
