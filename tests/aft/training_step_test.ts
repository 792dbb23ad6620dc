/** Budgets of one training step of the student that the project's benchmarks use. */

import { assert, assertEquals } from "@std/assert";
import {
  add,
  argmax,
  cast,
  type Counters,
  equal,
  type Gpu,
  mul,
  normal,
  openGpu,
  permutationOf,
  stack,
  submit,
  sum,
  take,
  tensor,
  valueAndGradWithAux,
  variable,
  zeros,
} from "../../gpu/mod.ts";
import { Adam, crossEntropy, MLP } from "../../nn/mod.ts";
import { methods } from "../../aft/methods/mod.ts";

const ROWS = 512;
const BATCH = 128;
const TEACHER = 2048;

/** One step of an MLP 3072-512-256-10 with aft on 2,048 teacher columns and Adam, data on the device. */
function trainingStep(): (step: number) => void {
  const inputs = variable(normal([ROWS, 3072], { seed: 1 }));
  const teacher = variable(normal([ROWS, TEACHER], { seed: 2 }));
  const labels = tensor(Int32Array.from({ length: ROWS }, (_, i) => i % 10));
  const rows = variable(zeros([BATCH], "u32"));
  const metrics = variable(zeros([3]));
  const student = new MLP({ inputs: 3072, hidden: [512, 256], outputs: 10, seed: 3 });
  const aft = methods.aft.create({ features: 256, teacher: TEACHER, seed: 4 })!;
  const parameters = { student: student.parameters(), aft: aft.parameters };
  const optimiser = new Adam([
    { name: "student", parameters: parameters.student, rate: 1e-3 },
    { name: "aft", parameters: parameters.aft, rate: 1e-2 },
  ]);
  const run = valueAndGradWithAux((_: typeof parameters) => {
    const batch = { labels: take(labels, rows), teacher: take(teacher, rows) };
    const { logits, features } = student.forward(take(inputs, rows));
    const task = crossEntropy(logits, batch.labels);
    const gap = aft.loss({ logits, features, ...batch });
    const correct = sum(cast(equal(argmax(logits), batch.labels), "f32"));
    return { loss: add(task, mul(gap, 30)), aux: stack([task, gap, correct]) };
  });
  return (step) => {
    rows.write(permutationOf(ROWS, { seed: 5, stream: step }).slice(0, BATCH));
    const { aux, grads } = run(parameters);
    metrics.assign(add(metrics, aux));
    optimiser.step(grads, { scale: 1 - step / 200 });
    submit();
  };
}

function counted(gpu: Gpu, work: () => void): Counters {
  const before = { ...gpu.counters };
  work();
  const after = { ...gpu.counters };
  for (const name of Object.keys(after) as (keyof Counters)[]) {
    if (name !== "liveBytes" && name !== "peakBytes") after[name] -= before[name];
  }
  return after;
}

Deno.test("a training step is 1 submit of at most 40 dispatches, without readback, compile or buffer", async () => {
  const gpu = await openGpu();
  const step = trainingStep();
  step(0);
  await gpu.settled();
  const second = counted(gpu, () => step(1));
  assert(second.dispatches <= 40, `${second.dispatches} dispatches`);
  const { submits, readbacks, compiles, buffersMade, liveBytes } = second;
  assertEquals({ submits, readbacks, compiles, buffersMade }, {
    submits: 1,
    readbacks: 0,
    compiles: 0,
    buffersMade: 0,
  });
  for (let i = 2; i < 102; i++) {
    const later = counted(gpu, () => step(i));
    assertEquals(later, { ...second, peakBytes: later.peakBytes, liveBytes });
    if (i % 10 === 0) await gpu.settled();
  }
});
