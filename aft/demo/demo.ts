/** The demonstration from beginning to end. */

import { currentGpu, openGpu } from "../../gpu/mod.ts";
import { ConfigError } from "../../gpu/errors.ts";
import { writeCheckpoint } from "../checkpoint.ts";
import { writeAtomic } from "../files.ts";
import { commandOf, type Paths, pathsIn, writeInputs } from "./files.ts";
import { renderDemo } from "./page.ts";
import { Session } from "./session.ts";
import { describeTask, FULL, QUICK, studentData } from "./task.ts";
import { teacherOf } from "./teachers.ts";
import type { DemoOptions, DemoProgress, DemoResult } from "./types.ts";
import { verdictOf } from "./verdict.ts";

/** Students of each method, at most. */
const MOST_SEEDS = 20;

/**
 * Shows the whole way on a small artificial task, without files or network: makes labelled images,
 * trains two teachers on plenty of them and a useless third one, caches their features, and trains
 * the same small student on few labels by every method. The strength beta is chosen on validation
 * images, for kd and aft alike; test images decide nothing.
 *
 * @param options Folder, number of seeds, size, stop signal.
 * @returns Progress as it happens, last of all `done` or `interrupted`.
 * @throws {ConfigError} If the number of seeds is out of range; nothing is written then.
 * @throws {GpuError} If there is no GPU, or it fails.
 */
export async function* runDemo(options: DemoOptions): AsyncGenerator<DemoProgress> {
  const start = performance.now();
  const { out, quick = false, seeds = quick ? 1 : 3, signal } = options;
  if (!Number.isInteger(seeds) || seeds < 1 || seeds > MOST_SEEDS) {
    throw new ConfigError(
      `Cannot demonstrate with ${seeds} seeds: seeds must be an integer from 1 to ${MOST_SEEDS}`,
      { field: "seeds", value: seeds },
    );
  }
  await openGpu();
  const plan = quick ? QUICK : FULL;
  const paths = pathsIn(out, plan);
  const session = new Session(plan, seeds, signal);
  yield { event: "task", ...describeTask(plan) };

  if (!(yield* session.teach())) return yield { event: "interrupted" };
  const { task, taught } = session;
  await writeInputs(paths, task, taught);
  yield { event: "files", data: paths.data, features: paths.features };

  const teachers = taught.map((teacher, i) => teacherOf(teacher, paths.features[i]));
  const classroom = { data: studentData(task), teachers, plan, signal };
  if (!(yield* session.study(classroom))) return yield { event: "interrupted" };
  const seconds = (performance.now() - start) / 1000;
  yield { event: "done", ...await conclude(session, paths, seconds) };
}

/** Adds everything up, and writes a trained student and the report. */
async function conclude(session: Session, paths: Paths, seconds: number): Promise<DemoResult> {
  const { plan, taught, table, trials } = session;
  const [shown] = session.of("aft");
  const numbers = {
    task: describeTask(plan),
    table,
    energy: await session.energy(),
    teachers: taught.map((teacher) => session.teacher(teacher)),
  };
  const { data, features, checkpoint, report } = paths;
  const result: DemoResult = {
    ...numbers,
    trials: trials.map(({ method, beta, validation }) => ({ method, beta, loss: validation! })),
    pixels: session.pixels,
    verdict: verdictOf(numbers),
    ...{ data, features, checkpoint, report, seconds },
    command: commandOf(paths, plan, shown),
  };
  await writeCheckpoint(checkpoint, await shown.trainer.checkpoint());
  const { description, device, vendor } = currentGpu().info;
  const environment = { device: description || device || vendor };
  await writeAtomic(report, await renderDemo(result, shown, session.task.pool, environment));
  return result;
}
