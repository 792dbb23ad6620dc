import { assert, assertEquals } from "@std/assert";
import { decodeCheckpoint, encodeCheckpoint } from "../../aft/checkpoint.ts";
import { columnStatistics } from "../../aft/data/normalise.ts";
import type { EvaluationProgress } from "../../aft/progress.ts";
import { explainRho } from "../../aft/rho.ts";
import { Trainer } from "../../aft/trainer.ts";
import { scalesOf } from "../../aft/training/scales.ts";
import { openGpu } from "../../gpu/mod.ts";
import { tableData, teacherOf } from "./small.ts";

await openGpu();

const data = tableData();
const teachers = [teacherOf(data), teacherOf(data, { name: "other", columns: 3, stream: 9 })];
const SMALL = { student: "mlp:8", batchSize: 32, steps: 12, regulariserLr: 0.05, teachers };

async function evaluationsOf(trainer: Trainer): Promise<EvaluationProgress[]> {
  const said = await Array.fromAsync(trainer.run());
  return said.filter((progress): progress is EvaluationProgress => progress.event === "evaluation");
}

Deno.test("every evaluation says what the scales say at that step", async () => {
  const options = { ...SMALL, method: "aft", evalEvery: 4, valSize: 20 } as const;
  const trainer = new Trainer(data, options);
  const evaluations = await evaluationsOf(trainer);
  assertEquals(evaluations.map(({ step, split }) => `${step} ${split}`), [
    ...["4 val", "8 val", "12 val", "12 test"],
  ]);
  const [first, , last, test] = evaluations.map(({ scales }) => scales!);
  assertEquals(first.teachers.map(({ name, columns }) => [name, columns]), [
    ["teacher", 4],
    ["other", 3],
  ]);
  assertEquals(test, last);
  assert(first.overall.rho.max !== last.overall.rho.max, "scales move between evaluations");

  const rho = (await trainer.regulariser!.parameters.s.data()).map((s) => 1 / (1 + Math.exp(-s)));
  const rows = trainer.chosen.train;
  const variances = teachers.flatMap(({ splits }) => columnStatistics(splits.train, rows).variance);
  const expected = explainRho(rho, variances, teachers);
  for (
    const part of ["energyShare", "participationRatio", "effectiveDimension", "hoyer"] as const
  ) {
    last.teachers.forEach((teacher, i) => {
      assert(
        Math.abs(teacher[part] - expected.teachers[i][part]) < 1e-6,
        `${part} ${teacher.name}`,
      );
    });
  }
});

Deno.test("fixed scales are explained too, and methods without scales say nothing", async () => {
  const [fixed] = await evaluationsOf(new Trainer(data, { ...SMALL, method: "aft", rho: "fixed" }));
  assertEquals(fixed.scales!.overall.rho, { min: 0.5, median: 0.5, max: 0.5 });
  const [plain] = await evaluationsOf(new Trainer(data, { ...SMALL, method: "kd" }));
  assertEquals("scales" in plain, false);
});

Deno.test("scales are found in a combination", async () => {
  for (const [method, name] of [["aft+l2sp", "aft.s"], ["aft-auto+l2sp", "aft-auto.s"]] as const) {
    const trainer = new Trainer(data, { ...SMALL, method });
    const [{ scales }] = await evaluationsOf(trainer);
    const { regulariser, constants } = await trainer.checkpoint();
    const { values } = regulariser[name] ?? constants[name];
    const rho = Array.from(values, (s) => 1 / (1 + Math.exp(-s)));
    assertEquals(scales!.overall.rho.max, Math.max(...rho));
  }
});

Deno.test("a checkpoint's scales say what the run's said", async () => {
  for (const standardise of [false, true]) {
    const trainer = new Trainer(data, { ...SMALL, method: "aft", standardise });
    const [{ scales }] = await evaluationsOf(trainer);
    const kept = decodeCheckpoint(encodeCheckpoint(await trainer.checkpoint()), "kept");
    assertEquals(scalesOf(kept.regulariser, { ...kept, settings: kept.config }), scales);
    if (!standardise) continue;
    const rho = Array.from(kept.regulariser.s.values, (s) => 1 / (1 + Math.exp(-s)));
    const alike = explainRho(rho, rho.map(() => 1), teachers); // every column at variance 1
    const away = scales!.overall.participationRatio - alike.overall.participationRatio;
    assert(Math.abs(away) < 1e-5, `${away}`);
  }
});
