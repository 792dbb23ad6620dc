/** Every form of a method in training: runs that are left and go on, and several methods at once. */

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { decodeCheckpoint, encodeCheckpoint } from "../../../aft/checkpoint.ts";
import { methodOf } from "../../../aft/methods/mod.ts";
import { Trainer, type TrainerOptions } from "../../../aft/trainer.ts";
import { grad, openGpu, read, type Tensor } from "../../../gpu/mod.ts";
import { hostArray } from "../../nn/support.ts";
import { batchOf, matrixOf, onDevice } from "../methods/support.ts";
import { tableData, teacherOf, valueData } from "../small.ts";
import type { TrainingData } from "../../../aft/training/prepare.ts";

await openGpu();

const classes = tableData();
const teachers = [teacherOf(classes), teacherOf(classes, { name: "other", columns: 3, stream: 9 })];
const SETTINGS = { student: "mlp:8", batchSize: 16, steps: 12, lr: 0.01, teachers } as const;

const values = valueData();
const FORMS: Record<string, TrainerOptions & { data?: TrainingData; scales: boolean }> = {
  "aft and kd together": { method: "aft+kd", beta: [3, 0.5], scales: true },
  "three steps of rho": { method: "aft", rhoSteps: 3, scales: true },
  "two steps of rho beside vid": { method: "aft+vid", rhoSteps: 2, scales: true },
  "steps of rho over several batches": { method: "aft", rhoSteps: 3, accumulate: 2, scales: true },
  "steps of rho with averaged weights": { method: "aft", rhoSteps: 2, ema: 0.9, scales: true },
  "relevance": { method: "aft", rho: "relevance", standardise: true, scales: true },
  "fixed relevance": { method: "aft", rho: "relevance-fixed", scales: true },
  "closed form": { method: "aft", rho: "closed", scales: true },
  "gates": { method: "aft", sparsity: "gates", scales: true },
  "a full matrix": { method: "aft", rho: "dense", scales: true },
  "no kernel": { method: "aft", kernel: "none", scales: false },
  "an outer product": { method: "aft", tensorProduct: true, scales: true },
  "the median distance": { method: "aft", kernel: "rbf", bandwidth: 0, scales: true },
  "l2sp": { method: "l2sp", beta: 30, scales: false },
  "delta": { method: "delta", beta: 30, scales: false },
  "kd and delta together": { method: "kd+delta", standardise: true, scales: false },
  "aft and l2sp together": { method: "aft+l2sp", rhoSteps: 2, scales: true },
  "aft-auto": { method: "aft-auto", scales: true },
  "logits of probes": { method: "logitkd", scales: false },
  "logits beside aft": { method: "aft+logitkd", ensemble: "confidence", scales: true },
  "changes of low rank": { method: "aft", lora: 2, ema: 0.9, scales: true },
  "changes of low rank held near none": { method: "l2sp", lora: 3, loraAlpha: 6, scales: false },
  "rkd": { method: "rkd", scales: false },
  "ft": { method: "ft", codeEpochs: 6, scales: false },
  "ft and aft together": { method: "ft+aft", codeEpochs: 6, scales: true },
  "btune": { method: "btune", scales: false },
  "btune on values": {
    method: "btune",
    data: values,
    teachers: [teacherOf(values), teacherOf(values, { name: "other", columns: 3, stream: 9 })],
    scales: false,
  },
};

for (const [name, { data = classes, scales, ...form }] of Object.entries(FORMS)) {
  Deno.test(`a run with ${name} that goes on from a checkpoint ends with the same bytes`, async () => {
    const options = { ...SETTINGS, ...form };
    const whole = new Trainer(data, options);
    let explained = false;
    for await (const progress of whole.run()) {
      if (progress.event === "evaluation") explained = progress.scales !== undefined;
    }
    assertEquals(explained, scales);

    const first = new Trainer(data, options);
    const stop = new AbortController();
    let kept: Uint8Array<ArrayBuffer> | undefined;
    const save = async (trainer: Trainer) => {
      kept ??= encodeCheckpoint(await trainer.checkpoint());
      stop.abort();
      return "";
    };
    for await (const _ of first.run({ signal: stop.signal, checkpointEvery: 5, save }));
    const again = new Trainer(data, options);
    again.restore(decodeCheckpoint(kept!, "kept"));
    assertEquals(again.step, 5);
    for await (const _ of again.run());
    assertEquals(
      encodeCheckpoint(await again.checkpoint()),
      encodeCheckpoint(await whole.checkpoint()),
    );
  });
}

Deno.test("of every k batches k - 1 leave the student as it is, and change the scales", async () => {
  const trainer = new Trainer(classes, {
    ...SETTINGS,
    method: "aft",
    rhoSteps: 3,
    steps: 2,
    logEvery: 1,
  });
  const start = await trainer.checkpoint();
  for await (const _ of trainer.run());
  const end = await trainer.checkpoint();
  assertEquals(end.student, start.student);
  assert(end.regulariser.s.values.some((value, i) => value !== start.regulariser.s.values[i]));
});

Deno.test("the loss and slope of several methods are the sums of theirs", async () => {
  const [phi, psi] = [matrixOf(hostArray([6, 3], 1)), matrixOf(hostArray([6, 4], 2))];
  const shape = { features: 3, teacher: 4, seed: 1 };
  const both = methodOf("aft+kd").create(shape)!;
  const parts = both.parts!.map(({ regulariser }) => regulariser);
  const found = await Promise.all([both, ...parts].map((method) => {
    const loss = (features: Tensor) => method.loss({ ...batchOf(phi, psi), features });
    const features = onDevice(phi);
    return read([loss(features), grad(loss)(features)]);
  }));
  const [whole, ...own] = found;
  whole.forEach((values, i) =>
    values.forEach((value, at) => {
      assertAlmostEquals(value, own[0][i][at] + own[1][i][at], 1e-6);
    })
  );
  assertEquals(both.parts!.map(({ name }) => name), ["aft", "kd"]);
});
