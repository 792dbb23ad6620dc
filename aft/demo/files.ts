/** The demonstration's files, from which everything can be done again by hand. */

import { encodeSafetensors, type SafeTensorInput } from "../../nn/mod.ts";
import { makeFolder, writeAtomic } from "../files.ts";
import { CLASSES, type Images, SIDE } from "./images.ts";
import { STUDENT, type Trained } from "./students.ts";
import { lessons, type Plan, type Task } from "./task.ts";
import { featureFile, type Taught } from "./teachers.ts";

/** Where everything is written. */
export interface Paths {
  /** The folder. */
  readonly out: string;
  /** Labelled images. */
  readonly data: string;
  /** Features, a file for each teacher. */
  readonly features: readonly string[];
  /** A trained student. */
  readonly checkpoint: string;
  /** The page to look at. */
  readonly report: string;
}

/** Names the files in a folder. */
export function pathsIn(folder: string, plan: Plan): Paths {
  const out = folder.replace(/(.)[/\\]+$/, "$1");
  return {
    out,
    data: `${out}/data.safetensors`,
    features: lessons(plan).map(({ name }) => `${out}/features/${name}.safetensors`),
    checkpoint: `${out}/student.safetensors`,
    report: `${out}/report.html`,
  };
}

/** Writes images and features in the forms that every run reads. */
export async function writeInputs(
  paths: Paths,
  { pool, test }: Task,
  taught: readonly Taught[],
): Promise<void> {
  await makeFolder(`${paths.out}/features`);
  const tensors = { ...imageTensors("train", pool), ...imageTensors("test", test) };
  await writeAtomic(paths.data, encodeSafetensors(tensors, { classes: CLASSES.join(",") }));
  for (const [i, teacher] of taught.entries()) {
    await writeAtomic(paths.features[i], featureFile(teacher));
  }
}

function imageTensors(split: string, { rows, pixels, labels }: Images) {
  const tensors: Record<string, SafeTensorInput> = {
    [`${split}.inputs`]: { dtype: "U8", shape: [rows, 1, SIDE, SIDE], values: pixels },
    [`${split}.labels`]: {
      dtype: "I64",
      shape: [rows],
      values: BigInt64Array.from(labels, (label) => BigInt(label)),
    },
  };
  return tensors;
}

/** The command that trains a student again from the files. */
export function commandOf(paths: Paths, plan: Plan, { method, beta, seed }: Trained): string {
  const flags = {
    data: paths.data,
    features: paths.features.join(","),
    method,
    beta,
    student: STUDENT,
    "train-size": plan.labelled,
    steps: plan.studentSteps,
    seed,
  };
  const words = Object.entries(flags).map(([flag, value]) => `--${flag} ${quote(String(value))}`);
  return `aft train ${words.join(" ")}`;
}

/** Quotes a word for a POSIX shell where it needs quoting. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
