/** What a method does before the first step, as a run tells of it and stops it. */

import { assertEquals } from "@std/assert";
import { decodeCheckpoint, encodeCheckpoint } from "../../../aft/checkpoint.ts";
import { Trainer } from "../../../aft/trainer.ts";
import { openGpu } from "../../../gpu/mod.ts";
import { tableData, teacherOf } from "../small.ts";

await openGpu();

const data = tableData();
const SETTINGS = {
  ...{ student: "mlp:8", method: "ft", batchSize: 16, steps: 3, lr: 0.01 } as const,
  teachers: [teacherOf(data)],
};

/** Runs to the end; returns the bytes of its checkpoint and what it said of its preparation. */
async function finished(trainer: Trainer) {
  const told: number[][] = [];
  for await (const progress of trainer.run()) {
    if (progress.event === "preparation") told.push([progress.step, progress.done, progress.of]);
  }
  return { bytes: encodeCheckpoint(await trainer.checkpoint()), told };
}

Deno.test("a run tells of a long preparation at most twenty times", async () => {
  const few = await finished(new Trainer(data, { ...SETTINGS, codeEpochs: 3 }));
  assertEquals(few.told, [[0, 1, 3], [0, 2, 3], [0, 3, 3]]);
  const many = await finished(new Trainer(data, { ...SETTINGS, codeEpochs: 60 }));
  assertEquals(many.told.length, 20);
  assertEquals([many.told[0], many.told[19]], [[0, 3, 60], [0, 60, 60]]);
});

Deno.test("a run that is stopped while its method prepares begins again, with the same bytes", async () => {
  const options = { ...SETTINGS, codeEpochs: 40 };
  const stop = new AbortController();
  let kept: Uint8Array<ArrayBuffer> | undefined;
  const save = async (trainer: Trainer) => {
    kept = encodeCheckpoint(await trainer.checkpoint());
    return "kept";
  };
  const events: string[] = [];
  for await (const progress of new Trainer(data, options).run({ signal: stop.signal, save })) {
    events.push(progress.event);
    if (progress.event === "preparation") stop.abort();
  }
  assertEquals(events, ["start", "preparation", "interrupted"]);
  const again = new Trainer(data, options);
  again.restore(decodeCheckpoint(kept!, "kept"));
  assertEquals(again.step, 0);
  const whole = await finished(new Trainer(data, options));
  assertEquals((await finished(again)).bytes, whole.bytes);
});
