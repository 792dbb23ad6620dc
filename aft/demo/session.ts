/** One demonstration while it goes on: who has been taught, who has studied, how far it is. */

import { numbersOf } from "../data/numbers.ts";
import { chooseRows } from "../data/split.ts";
import { methods } from "../methods/mod.ts";
import { summarise } from "../statistics.ts";
import { SIDE } from "./images.ts";
import { nearestMean } from "./probe.ts";
import { bestTrial, type Classroom, COMPARED, study, type Trained } from "./students.ts";
import { lessons, makeTask, type Plan, type Task } from "./task.ts";
import { type Taught, teach } from "./teachers.ts";
import type { DemoEnergy, DemoProgress, DemoRow, DemoTeacher } from "./types.ts";

/** Trains everybody, and keeps what came out. */
export class Session {
  /** The images. */
  readonly task: Task;
  /** Teachers that have finished, in the order of the lessons. */
  readonly taught: Taught[] = [];
  /** Students of the table. */
  readonly runs: Trained[] = [];
  /** Students by which strengths were chosen, those that were kept among them. */
  readonly trials: Trained[] = [];
  readonly #total: number;
  #done = 0;

  /**
   * Makes the images.
   *
   * @param plan Sizes.
   * @param seeds Students of each method.
   * @param signal Stops it.
   */
  constructor(
    readonly plan: Plan,
    readonly seeds: number,
    readonly signal: AbortSignal | undefined,
  ) {
    this.task = makeTask(plan);
    const first = COMPARED.reduce((sum, method) => sum + betasOf(method, plan).length, 0);
    const students = first + COMPARED.length * (seeds - 1);
    this.#total = lessons(plan).length * plan.teacherSteps + students * plan.studentSteps;
  }

  /** Teaches the teachers; returns false where it was stopped. */
  async *teach(): AsyncGenerator<DemoProgress, boolean> {
    for (const lesson of lessons(this.plan)) {
      const start = performance.now();
      const work = teach(this.task, lesson, this.plan, this.signal);
      const taught = yield* this.#follow(work, `teacher ${lesson.name}`);
      if (taught === undefined) return false;
      this.taught.push(taught);
      const seconds = (performance.now() - start) / 1000;
      yield { event: "teacher", teacher: this.teacher(taught), seconds };
    }
    return true;
  }

  /** Trains the students; returns false where it was stopped. */
  async *study(classroom: Classroom): AsyncGenerator<DemoProgress, boolean> {
    for (const method of COMPARED) {
      const tried: Trained[] = [];
      for (const beta of betasOf(method, this.plan)) {
        const work = study(classroom, { method, beta, seed: 0 });
        const run = yield* this.#follow(work, `${method}, beta ${beta}, seed 0`);
        if (run === undefined) return false;
        tried.push(run);
      }
      if (tried.length > 1) this.trials.push(...tried);
      const first = bestTrial(tried);
      yield this.#keep(first);
      for (let seed = 1; seed < this.seeds; seed++) {
        const work = study(classroom, { method, beta: first.beta, seed });
        const run = yield* this.#follow(work, `${method}, beta ${first.beta}, seed ${seed}`);
        if (run === undefined) return false;
        yield this.#keep(run);
      }
    }
    return true;
  }

  /** Hands on what comes out of training, and says how far all of it is. */
  async *#follow<T>(
    work: AsyncGenerator<number, T>,
    text: string,
  ): AsyncGenerator<DemoProgress, T> {
    let before = 0;
    while (true) {
      const next = await work.next();
      if (next.done) return next.value;
      this.#done += next.value - before;
      before = next.value;
      yield { event: "progress", text, done: this.#done, total: this.#total };
    }
  }

  #keep(run: Trained): DemoProgress {
    this.runs.push(run);
    const { method, beta, seed, seconds, test: { score: { accuracy, loss } } } = run;
    return { event: "run", method, beta, seed, accuracy, loss, seconds };
  }

  /** What a teacher knows, by its own test and by a plain reader of its features. */
  teacher({ about, splits: { train, test } }: Taught): DemoTeacher {
    const { columns } = about;
    return { ...about, probe: this.#probe(columns, numbersOf(train), numbersOf(test)) };
  }

  /** What the plain reader makes of the pixels. */
  get pixels(): number {
    const { pool, test } = this.task;
    return this.#probe(SIDE * SIDE, pool.pixels, test.pixels);
  }

  #probe(columns: number, pool: ArrayLike<number>, test: ArrayLike<number>): number {
    const { labels } = this.task.pool;
    const trainSize = this.plan.labelled;
    const { train } = chooseRows(labels, { seed: 0, task: "classification", trainSize });
    const testRows = { columns, values: test, labels: this.task.test.labels };
    return nearestMean({ columns, values: pool, labels }, train, testRows);
  }

  /** Students of one method, by seed. */
  of(method: string): Trained[] {
    return this.runs.filter((run) => run.method === method);
  }

  /** Rows of the table. */
  get table(): DemoRow[] {
    return COMPARED.map((method) => {
      const runs = this.of(method);
      const accuracies = runs.map(({ test }) => test.score.accuracy);
      const { mean, sd } = summarise(accuracies);
      return {
        method,
        beta: runs[0].beta,
        accuracies,
        mean: mean!,
        deviation: sd,
        loss: summarise(runs.map(({ test }) => test.score.loss)).mean!,
      };
    });
  }

  /** Energy of rho by teacher, over the seeds of aft. */
  async energy(): Promise<DemoEnergy[]> {
    const reports = await Promise.all(this.of("aft").map(({ trainer }) => trainer.scales()));
    const columns = reports[0]!.overall.columns;
    return reports[0]!.teachers.map((teacher, i) => ({
      name: teacher.name,
      columnShare: teacher.columns / columns,
      share: summarise(reports.map((report) => report!.teachers[i].energyShare)).mean!,
    }));
  }
}

/** Strengths to choose from; a method without teachers has none. */
function betasOf(method: (typeof COMPARED)[number], plan: Plan): readonly number[] {
  return methods[method].usesTeachers ? plan.betas : [0];
}
