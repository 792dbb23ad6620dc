/** The demonstration's data: images to teach with, to learn from, and to test on. */

import { permutationOf } from "../../gpu/mod.ts";
import { deriveSeed } from "../../nn/mod.ts";
import type { TrainingData } from "../training/prepare.ts";
import type { Split } from "../data/types.ts";
import { CLASSES, drawImages, type Images, KIND_OF_CLASS, KINDS, SIDE } from "./images.ts";
import type { DemoTask } from "./types.ts";

/** Everything random here follows from this number; runs add their own seeds. */
const SEED = 1;

/** How much is made, and how long it is trained. */
export interface Plan {
  /** Images that only the teachers learn from. */
  readonly teaching: number;
  /** Images to draw labelled ones from. */
  readonly pool: number;
  /** Images to test on. */
  readonly test: number;
  /** Labelled images a student learns from. */
  readonly labelled: number;
  /** Labelled images to choose beta by. */
  readonly validation: number;
  /** Updates of a teacher. */
  readonly teacherSteps: number;
  /** Updates of a student. */
  readonly studentSteps: number;
  /** Strengths to choose from, for kd and aft alike. */
  readonly betas: readonly number[];
  /** Why the numbers must not be believed, where that is so. */
  readonly warning?: string;
}

/** The demonstration as it is shown. */
export const FULL: Plan = {
  teaching: 8000,
  pool: 2000,
  test: 2000,
  labelled: 200,
  validation: 100,
  teacherSteps: 400,
  studentSteps: 300,
  betas: [3, 10, 30],
};

/** Just enough to see that everything works. */
export const QUICK: Plan = {
  ...FULL,
  teaching: 1000,
  pool: 400,
  test: 400,
  teacherSteps: 60,
  studentSteps: 40,
  betas: [10],
  warning: "Quick: everybody was trained far too little, so these numbers say nothing.",
};

/** The labels of a teacher's lesson. */
export interface Lesson {
  /** Name of the teacher. */
  readonly name: string;
  /** What it is taught, in a sentence. */
  readonly summary: string;
  /** Names of its labels. */
  readonly classes: readonly string[];
  /** Its label of each class; undefined where labels have nothing to do with images. */
  readonly labelOf: readonly number[] | undefined;
}

/** What the teachers are taught: the same images, three lessons. */
export function lessons({ teaching }: Plan): readonly Lesson[] {
  const images = teaching.toLocaleString("en");
  return [
    {
      name: "shapes",
      summary: `knows much: taught all ten shapes on ${images} images`,
      classes: CLASSES,
      labelOf: CLASSES.map((_, i) => i),
    },
    {
      name: "kinds",
      summary: `knows something: taught only whether lines are closed, branched or open`,
      classes: KINDS,
      labelOf: KIND_OF_CLASS,
    },
    {
      name: "shuffled",
      summary: `knows nothing of use: taught the same images with labels dealt out at random`,
      classes: CLASSES,
      labelOf: undefined,
    },
  ];
}

/** The images of one demonstration. */
export interface Task {
  /** Images that only the teachers see with labels. */
  readonly teaching: Images;
  /** Images of the data file. */
  readonly pool: Images;
  /** Test images. */
  readonly test: Images;
}

/** Draws all images; no two sets share one. */
export function makeTask({ teaching, pool, test }: Plan): Task {
  return {
    teaching: drawImages(teaching, deriveSeed(SEED, "teaching")),
    pool: drawImages(pool, deriveSeed(SEED, "pool")),
    test: drawImages(test, deriveSeed(SEED, "test")),
  };
}

/** Says what was made. */
export function describeTask(plan: Plan): DemoTask {
  const { labelled, teaching, pool, test, validation, betas, warning } = plan;
  const choice = betas.length > 1
    ? ` ${validation} further labelled images choose beta for kd and aft alike.`
    : "";
  return {
    text: `An artificial task, made by rule on this machine: ${SIDE} x ${SIDE} grey drawings of ` +
      `${CLASSES.length} shapes (${CLASSES.join(", ")}), turned, moved, stretched, with a stray ` +
      `line and noise. Teachers learn from ${
        teaching.toLocaleString("en")
      } images of their own; a ` +
      `student gets ${labelled} labelled ones, and is tested on ${
        test.toLocaleString("en")
      }.${choice}`,
    ...warning !== undefined && { warning },
    images: {
      shape: [1, SIDE, SIDE],
      classes: CLASSES,
      teaching,
      train: pool,
      labelled,
      validation: betas.length > 1 ? validation : 0,
      test,
    },
  };
}

/** What the students learn from: the data file, in memory. */
export function studentData({ pool, test }: Task): TrainingData {
  return dataOf(CLASSES, { train: splitOf(pool, pool.labels), test: splitOf(test, test.labels) });
}

/** What a teacher learns from. */
export function teacherData({ teaching, test }: Task, lesson: Lesson): TrainingData {
  const { classes, labelOf = CLASSES.map((_, i) => i) } = lesson;
  const relabelled = (images: Images) => images.labels.map((label) => labelOf[label]);
  const labels = relabelled(teaching);
  // Dealing the true labels out anew keeps every class as frequent as it is.
  const order = permutationOf(teaching.rows, { seed: deriveSeed(SEED, "shuffled") });
  const taught = lesson.labelOf ? labels : labels.map((_, row) => labels[order[row]]);
  const train = splitOf(teaching, taught);
  return dataOf(classes, { train, test: splitOf(test, relabelled(test)) });
}

function dataOf(classes: readonly string[], splits: TrainingData["splits"]): TrainingData {
  const inputShape = [1, SIDE, SIDE];
  return { inputShape, layout: "image", task: "classification", classes, splits };
}

function splitOf({ rows, pixels }: Images, labels: Int32Array<ArrayBuffer>): Split {
  return { rows, inputs: pixels, labels, labelled: true };
}
