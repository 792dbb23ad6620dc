/** Students whose weights stand still but for changes of low rank, through training and after it. */

import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { loadModel, readCheckpoint, weightsOf } from "../../aft/checkpoint.ts";
import { exportWeights } from "../../aft/export.ts";
import { readBytes } from "../../aft/files.ts";
import { startFrom } from "../../aft/start_weights.ts";
import { parseStudent } from "../../aft/student.ts";
import { Trainer } from "../../aft/trainer.ts";
import { Model } from "../../aft/model.ts";
import { ConfigError } from "../../gpu/errors.ts";
import { openGpu } from "../../gpu/mod.ts";
import { decodeSafetensors, mergeLoRA, toFloat32 } from "../../nn/mod.ts";
import { assertClose } from "../nn/support.ts";
import { inTempFolder } from "./data/make.ts";
import { follow, only, tableData, teacherOf, writeTask } from "./small.ts";

await openGpu();
const data = tableData();
const SMALL = { student: "mlp:8", batchSize: 16, lr: 0.05, steps: 40 } as const;
const LORA = { ...SMALL, method: "stl", lora: 2, loraAlpha: 6 } as const;
const SHAPE = { inputShape: data.inputShape, outputs: 3, seed: 0 };

Deno.test("a student with changes of low rank learns by these and its head alone", async () => {
  const teachers = [teacherOf(data)];
  const trainer = new Trainer(data, { ...LORA, method: "aft", beta: 1, teachers });
  const start = await trainer.checkpoint();
  let parameters = 0, accuracy = 0;
  for await (const progress of trainer.run()) {
    if (progress.event === "start") {
      parameters = progress.parameters;
      assertEquals(progress.lora, 2);
    }
    if (progress.event === "evaluation" && "accuracy" in progress) accuracy = progress.accuracy;
  }
  assertEquals(parameters, 2 * (6 + 8) + 3 * (8 + 1) + 4); // changes, head, scales
  assert(accuracy > 0.8, `${accuracy}`);
  const end = await trainer.checkpoint();
  for (const name of ["layers.0.weight", "layers.0.bias"]) {
    assertEquals(end.student[name], start.student[name]);
  }
  for (const name of ["layers.0.lora.down", "layers.0.lora.up", "head.weight", "head.bias"]) {
    assertNotEquals(end.student[name], start.student[name]);
  }
});

Deno.test("rank 0 trains the weights as ever, and start values do not depend on the rank", async () => {
  const [plain, adapted] = [0, 2].map((lora) =>
    new Trainer(data, { ...SMALL, method: "stl", lora })
  );
  const [a, b] = [await plain.checkpoint(), await adapted.checkpoint()];
  assertEquals(Object.keys(a.student).length, 4);
  for (const [name, values] of Object.entries(a.student)) assertEquals(b.student[name], values);
});

Deno.test("the model of a checkpoint, and an export of it, are the trained one with changes worked in", () =>
  inTempFolder(async (folder) => {
    const paths = await writeTask(folder, data, []);
    const init = `${folder}/first.safetensors`;
    await follow({ ...paths, ...SMALL, method: "stl", steps: 10, out: `${folder}/first` });
    await exportWeights(`${folder}/first/checkpoint.safetensors`, init);
    const said = await follow({ ...paths, ...LORA, init, out: `${folder}/run` });
    assertEquals(only(said, "init").matched.length, 4);
    const missing = only(said, "init").missing.map(({ name }) => name);
    assertEquals(missing, ["layers.0.lora.down", "layers.0.lora.up"]);

    const path = `${folder}/run/checkpoint.safetensors`;
    const checkpoint = await readCheckpoint(path);
    const trainer = new Trainer(data, LORA);
    trainer.restore(checkpoint);
    const { inputs } = data.splits.test;
    const wanted = await trainer.model.outputs(inputs);
    const model = await loadModel(path);
    assertEquals(Object.keys(model.student.parameters()).length, 4);
    assertClose(await model.outputs(inputs), wanted, 1e-6);
    assertNotEquals(
      weightsOf(checkpoint)["layers.0.weight"],
      checkpoint.student["layers.0.weight"],
    );

    const out = `${folder}/weights.safetensors`;
    const { student, step, weights } = await exportWeights(path, out);
    assertEquals([student, step, weights.length], ["mlp:8", 40, 4]);
    const { tensors, metadata } = decodeSafetensors(await readBytes(out), out);
    const state = await model.student.state();
    for (const [name, tensor] of tensors) assertEquals(toFloat32(tensor), state[name].values);
    assertEquals(JSON.parse(metadata.inputs), checkpoint.scaling.inputs);
    for (const file of [out, path]) {
      const plain = parseStudent("mlp:8").make(SHAPE);
      const { unused, matched } = await startFrom(plain, file);
      assertEquals([matched.length, unused], [4, []]);
      assertEquals(await plain.state(), state);
    }
  }));

Deno.test("of a run that averages its weights the averaged changes are worked in", async () => {
  const trainer = new Trainer(data, { ...LORA, ema: 0.9, steps: 12 });
  for await (const _ of trainer.run());
  const checkpoint = await trainer.checkpoint();
  const { tensors } = checkpoint.optimiser;
  const average = Object.fromEntries(
    Object.keys(checkpoint.student).map((name) => {
      return [name, tensors[`ema.student.${name}`] ?? checkpoint.student[name]];
    }),
  );
  assertEquals(weightsOf(checkpoint), mergeLoRA(average, 6));
  const last = mergeLoRA(checkpoint.student, 6)["layers.0.weight"];
  assertNotEquals(weightsOf(checkpoint)["layers.0.weight"], last);
});

Deno.test("a rank that is none is refused", () => {
  const scaling = { inputs: { mean: [0], deviation: [1] } };
  const shape = { inputShape: [1], layout: "table", task: "regression", classes: [] } as const;
  for (const lora of [-3, NaN]) {
    assertThrows(
      () => new Model({ student: "mlp:4", data: shape, scaling, seed: 0, lora }),
      ConfigError,
    );
  }
});
