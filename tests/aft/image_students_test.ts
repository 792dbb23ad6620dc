import { assert, assertEquals } from "@std/assert";
import { Trainer, type TrainerOptions } from "../../aft/trainer.ts";
import type { Checkpoint } from "../../aft/checkpoint.ts";
import { openGpu } from "../../gpu/mod.ts";
import { imageData } from "./small.ts";

await openGpu();

const SETTINGS = { method: "stl", batchSize: 16, steps: 4, lr: 0.01, logEvery: 2 } as const;

/** Trains to the end, or to the first line of the log, and gives the checkpoint then. */
async function trained(
  options: TrainerOptions,
  { from, early = false }: { from?: Checkpoint; early?: boolean } = {},
): Promise<Checkpoint> {
  const trainer = new Trainer(imageData(), options);
  if (from) trainer.restore(from);
  for await (const progress of trainer.run()) {
    if (early && progress.event === "step") break;
  }
  return await trainer.checkpoint();
}

for (const student of ["cnn:4,6:5", "resnet:20"]) {
  Deno.test(`a run with ${student} that goes on from a checkpoint ends with the same bits`, async () => {
    const options = { ...SETTINGS, student };
    const whole = await trained(options);
    const half = await trained(options, { early: true });
    assert(half.step < whole.step);
    const parts = await trained(options, { from: half });
    assertEquals(parts.student, whole.student);
    const statistics = Object.keys(whole.student).filter((name) => name.includes("running"));
    assertEquals(statistics.length, student === "resnet:20" ? 38 : 0);
    for (const name of statistics) {
      assert(whole.student[name].values.some((value) => value !== 0 && value !== 1), name);
    }
  });
}
