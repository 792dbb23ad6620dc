import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  loadModel,
  writeCheckpoint,
} from "../../aft/checkpoint.ts";
import { Trainer } from "../../aft/trainer.ts";
import { FormatError } from "../../gpu/errors.ts";
import { openGpu } from "../../gpu/mod.ts";
import { decodeSafetensors, encodeSafetensors } from "../../nn/mod.ts";
import { inTempFolder } from "./data/make.ts";
import { tableData, teacherOf, valueData } from "./small.ts";

await openGpu();
const SMALL = { student: "mlp:8", batchSize: 16, lr: 0.01, steps: 5 } as const;

async function trained(): Promise<Checkpoint> {
  const data = tableData();
  const trainer = new Trainer(data, { ...SMALL, method: "kd", teachers: [teacherOf(data)] });
  for await (const _progress of trainer.run());
  return await trainer.checkpoint({ data: "d", features: ["a"], out: "runs/x" });
}

Deno.test("a checkpoint survives its bytes", async () => {
  const checkpoint = await trained();
  const bytes = encodeCheckpoint(checkpoint);
  const { out: _, ...config } = checkpoint.config; // where a run lies is not part of what it is
  assertEquals(decodeCheckpoint(bytes, "c"), { ...checkpoint, config });
  assertEquals(encodeCheckpoint(decodeCheckpoint(bytes, "c")), bytes);
});

Deno.test("a checkpoint names its tensors and describes itself", async () => {
  const { tensors, metadata } = decodeSafetensors(encodeCheckpoint(await trained()), "c");
  assertEquals([metadata.format, metadata.version, metadata.step], ["aft-checkpoint", "1", "5"]);
  assertEquals(JSON.parse(metadata.config).method, "kd");
  assertEquals(JSON.parse(metadata.data), {
    inputShape: [6],
    layout: "table",
    task: "classification",
    classes: ["ant", "bee", "cow"],
  });
  const parameters = [
    ...["student.layers.0.weight", "student.layers.0.bias", "student.head.weight"],
    ...["student.head.bias", "regulariser.map.weight", "regulariser.map.bias"],
  ];
  const expected = [
    ...parameters,
    ...parameters.flatMap((name) => [`optimiser.m.${name}`, `optimiser.v.${name}`]),
    ...["mean", "deviation"].map((name) => `scaling.inputs.${name}`),
    ...["mean", "deviation", "variance"].map((name) => `scaling.teacher.${name}`),
    "metrics",
  ];
  assertEquals([...tensors.keys()].sort(), expected.sort());
  assertEquals(tensors.get("student.layers.0.weight")!.shape, [8, 6]);
});

Deno.test("a model that is loaded answers with the same bits", () =>
  inTempFolder(async (folder) => {
    for (const data of [tableData(), valueData()]) {
      const trainer = new Trainer(data, { ...SMALL, method: "stl" });
      for await (const _progress of trainer.run());
      const path = `${folder}/c.safetensors`;
      await writeCheckpoint(path, await trainer.checkpoint());
      const model = await loadModel(path);
      const { inputs } = data.splits.test;
      assertEquals(await model.outputs(inputs), await trainer.model.outputs(inputs));
      assertEquals(await model.features(inputs), await trainer.model.features(inputs));
      assertEquals((await model.features(inputs)).length, 40 * 8);
    }
  }));

Deno.test("what is no checkpoint, or a damaged one, is refused with file and place", async () => {
  const bytes = encodeCheckpoint(await trained());
  const { tensors, metadata } = decodeSafetensors(bytes, "c");
  const inputs = [...tensors].map(([name, { dtype, shape, bytes }]) => {
    return [name, { dtype, shape, values: bytes }] as const;
  });
  const refusal = (notes: Record<string, string>, without?: string) => {
    const kept = Object.fromEntries(inputs.filter(([name]) => name !== without));
    const damaged = encodeSafetensors(kept, notes);
    const error = assertThrows(() => decodeCheckpoint(damaged, "c.safetensors"), FormatError);
    assertEquals(error.file, "c.safetensors");
    return error.message.replace(/^Cannot read c\.safetensors: /, "");
  };
  assertEquals(refusal({}), "it is no checkpoint, its format is not named");
  assertEquals(refusal({ format: "pt" }), "it is no checkpoint, its format is pt");
  assertEquals(
    refusal({ ...metadata, version: "9" }),
    "it is a checkpoint of version 9, this program reads version 1",
  );
  const { step: _, ...rest } = metadata;
  assertEquals(refusal(rest), "its note step is missing");
  assertEquals(refusal({ ...metadata, data: "{" }), "its note data is no JSON");
  assertEquals(refusal(metadata, "metrics"), "tensor metrics is missing, it must be F64");
  assertEquals(
    refusal(metadata, "scaling.inputs.mean"),
    "tensor scaling.inputs.mean is missing, it must be F64",
  );
  const cut = bytes.slice(0, bytes.length - 8);
  assertThrows(() => decodeCheckpoint(cut, "c.safetensors"), FormatError, "c.safetensors");
  assert(bytes.length > 0);
});
