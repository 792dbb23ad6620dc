/** Training from files to a run folder. */

import { openGpu } from "../gpu/mod.ts";
import { followed } from "./bit_by_bit.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { checkUnchanged, resolveConfig, settingsOf, type TrainConfig } from "./config.ts";
import { readDataset } from "./data/dataset.ts";
import type { Dataset, DatasetOptions } from "./data/types.ts";
import { readFeatures } from "./data/features.ts";
import { writeAtomic } from "./files.ts";
import { methodOf } from "./methods/mod.ts";
import type { DoneProgress, InitProgress, Progress, ReadingProgress } from "./progress.ts";
import { renderReport } from "./report/report.ts";
import { RunFolder } from "./run.ts";
import { readNameMap, startFrom } from "./start_weights.ts";
import { Trainer } from "./trainer.ts";
import { reportData } from "./training/report_data.ts";
import type { Placement } from "./training/rows.ts";

/** Options of {@linkcode train}. */
export interface TrainOptions {
  /**
   * Goes on with the run in the same folder. What is not given is taken from there; what is given
   * must be what it began with. Without a checkpoint in the folder the run starts at step 0.
   */
  readonly resume?: boolean;
  /** Stops the run before its next step, after a checkpoint. */
  readonly signal?: AbortSignal;
  /** Where training rows lie; default on the device where they fit. */
  readonly placement?: Placement;
  /** More facts for the report, such as versions. */
  readonly environment?: Readonly<Record<string, unknown>>;
}

/**
 * Trains a student on labelled files and teachers' cached features, and keeps a run folder with
 * `config.json`, `metrics.jsonl`, `checkpoint.safetensors` and `report.html`. Everything is read
 * and checked before the folder is made. A run that was stopped and resumed ends with the same
 * bits as one that was not.
 *
 * @param given Fields of the configuration; the rest takes its defaults.
 * @param options Resumption, stop signal.
 * @returns Progress as it happens, last of all `done` or `interrupted`.
 * @throws {ConfigError} If a field is missing, out of range or at odds with the run it resumes, or
 * the folder holds a run that is not to be resumed.
 * @throws {FormatError} If a file is not as its format asks.
 * @throws {TrainingError} If a loss is not finite any more; the last checkpoint stays.
 * @throws {GpuError} If there is no GPU, or it fails.
 *
 * @example
 * ```ts
 * import { train, writeAtomic } from "@aft/aft/aft";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const rows = Array.from({ length: 32 }, (_, i) => `${i % 4},${i % 4 < 2 ? "low" : "high"}`);
 * for (const name of ["train", "test"]) {
 *   await writeAtomic(`${folder}/${name}.csv`, ["size,label", ...rows].join("\n"));
 * }
 *
 * const config = { data: folder, method: "stl", student: "mlp:8", steps: 40, lr: 0.05 } as const;
 * const events: string[] = [];
 * for await (const progress of train({ ...config, out: `${folder}/run` })) {
 *   events.push(progress.event);
 *   if (progress.event === "done") assert("accuracy" in progress.test);
 * }
 * assertEquals(events, ["start", "step", "evaluation", "done"]);
 * ```
 */
export async function* train(
  given: Partial<TrainConfig>,
  options: TrainOptions = {},
): AsyncGenerator<Progress> {
  const { resume = false, signal, placement, environment = {} } = options;
  const folder = new RunFolder(given.out ?? resolveConfig(given).out);
  const { checkpoint, begun } = await folder.find(resume);
  if (checkpoint) checkUnchanged(given, begun, folder.path);
  const config = resolveConfig({ ...begun, ...defined(given), out: folder.path });
  if (checkpoint?.test) return yield finished(folder, checkpoint);

  const gpu = await openGpu();
  const data = yield* reading(config);
  const { usesTeachers } = methodOf(config.method);
  const teachers = usesTeachers ? await readFeatures(config.features, data) : [];
  const trainer = new Trainer(data, { ...settingsOf(config), teachers, placement });
  if (checkpoint) trainer.restore(checkpoint);
  const start = checkpoint ? undefined : await startWeights(trainer, config);
  await gpu.settled(); // a GPU that refuses the parameters refuses the run, before it has a folder
  const secondsBefore = folder.seconds;
  await folder.open(config);

  if (start) yield start;
  const save = async () => {
    const saved = await trainer.checkpoint(config);
    const path = await folder.save(saved); // first, so that no page that fails costs the weights
    if (saved.test || signal?.aborted) {
      const facts = { ...environment, adapter: gpu.info.description, files: data.files };
      const shown = reportData(config, trainer, folder, await trainer.scales(), facts);
      await writeAtomic(folder.report, renderReport(shown));
    }
    return path;
  };
  const { checkpointEvery } = config;
  for await (const progress of trainer.run({ signal, save, checkpointEvery, secondsBefore })) {
    await folder.log(progress);
    yield progress;
  }
}

/** The labelled data, with how far their reading is. */
function reading(config: TrainConfig): AsyncGenerator<ReadingProgress, Dataset> {
  return followed((tell) =>
    readDataset(
      config.data,
      readingOptions(config),
      (step) => tell({ event: "reading", step: 0, ...step }),
    )
  );
}

/** Weights that the configuration names, put into the student. */
async function startWeights(
  { model }: Trainer,
  { init, initMap }: TrainConfig,
): Promise<InitProgress | undefined> {
  if (init === "") return undefined;
  return {
    event: "init",
    step: 0,
    file: init,
    ...await startFrom(model.student, init, await readNameMap(initMap)),
  };
}

/** What a finished run said last. */
function finished(folder: RunFolder, { step, test }: Checkpoint): DoneProgress {
  const { seconds, checkpoint } = folder;
  return { event: "done", step, test: test!, seconds, checkpoint };
}

/** Options of reading the data that a configuration names. */
export function readingOptions(config: Partial<TrainConfig>): DatasetOptions {
  const { format = "auto", task = "auto", label, text, tokens, imageSize, testSize } = config;
  return {
    ...format !== "auto" && { format },
    ...task !== "auto" && { task },
    ...label && { label },
    ...text && { text },
    ...tokens !== undefined && { tokens },
    ...imageSize && { imageSize },
    ...testSize && { testSize },
  };
}

/** The fields that are given. */
function defined(given: Partial<TrainConfig>): Partial<TrainConfig> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
