/** From labels as a file has them to class numbers or values. */

import { isNumber, numberOf, refuseCell } from "./csv_cells.ts";
import { broken, type LabelValues, type RawData, type RawLabels } from "./raw.ts";
import type { TaskKind } from "./types.ts";

/** What labels mean, and the labels themselves. */
export interface ResolvedLabels {
  /** Numbers of classes, or values. */
  task: TaskKind;
  /** Names of the classes; empty for regression. */
  classes: string[];
  /** Labels of each group that was handed in, in that order; undefined where a group has none. */
  labels: (Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer> | undefined)[];
}

/** What is known about labels beforehand. */
export interface KnownLabels {
  /** What labels mean, where the kind of numbers must not decide. */
  task?: TaskKind;
  /** Class names of a model that is there already. */
  classes?: readonly string[];
}

/** More classes than this are a column of values, or of row numbers, by mistake. */
const MOST_CLASSES = 65_536;

/**
 * Decides what labels mean, and turns them into class numbers or values.
 *
 * Integers and words are classes: integers keep their number, CSV cells are numbered in sorted
 * order (by value, or by letter where any is a word). Labels stored as floats, and CSV labels of
 * which any has a fraction, are values. `known.task` overrides that.
 *
 * @param data Where the labels come from, with the class names that the files give.
 * @param groups Labels of each group, training rows first: they say which classes there are.
 * @param known What is known beforehand.
 * @returns Task, classes and labels.
 * @throws {FormatError} If a label is no class, no number, or not finite; file and row are in the
 * message.
 */
export function resolveLabels(
  data: RawData,
  groups: readonly (RawLabels | undefined)[],
  known: KnownLabels = {},
): ResolvedLabels {
  const present = groups.filter((group) => group !== undefined);
  const task = known.task ?? taskOf(present);
  if (task === "regression") {
    return { task, classes: [], labels: groups.map((group) => group && valuesOf(group)) };
  }
  if (known.classes) checkSameClasses(data, known.classes);
  const classes = [...(known.classes ?? classesOf(data, present[0]))];
  return { task, classes, labels: groups.map((group) => group && numbersOf(group, classes)) };
}

function taskOf(groups: readonly RawLabels[]): TaskKind {
  if (groups.some(({ kind }) => kind === "floats")) return "regression";
  let fraction: [RawLabels, number] | undefined;
  let word: [RawLabels, number] | undefined;
  for (const group of groups) {
    if (group.kind !== "texts") continue;
    for (const [row, text] of group.values.entries()) {
      if (!isNumber(text)) word ??= [group, row];
      else if (!Number.isInteger(Number(text))) fraction ??= [group, row];
    }
  }
  if (word && fraction) refuseMixture(word, fraction);
  return fraction ? "regression" : "classification";
}

/** One word among values is a slip of the pen, not a class. */
function refuseMixture(word: [RawLabels, number], fraction: [RawLabels, number]): never {
  const [group, row] = word;
  return broken(
    group.file,
    `${group.at(row)} holds ${group.values[row]} where ${fraction[0].at(fraction[1])} holds ` +
      `${fraction[0].values[fraction[1]]}: labels are all numbers, or the task is classification`,
    group.at(row),
  );
}

/** Labels as values; every one finite. */
function valuesOf(group: RawLabels): Float32Array<ArrayBuffer> {
  if (group.kind === "floats") return checkFloats(group, group.values);
  if (group.kind === "integers") return Float32Array.from(group.values);
  const values = new Float32Array(group.values.length);
  for (const [row, text] of group.values.entries()) {
    values[row] = numberOf(text);
    if (Number.isNaN(values[row])) refuseCell(text, group.at(row), group.file);
  }
  return values;
}

function checkFloats(group: RawLabels, values: Float32Array<ArrayBuffer>) {
  const row = values.findIndex((value) => !Number.isFinite(value));
  if (row >= 0) broken(group.file, `${group.at(row)} holds ${values[row]}`, group.at(row));
  return values;
}

/** The classes that the files name, or else those that the first group of labels has. */
function classesOf(data: RawData, group: RawLabels): string[] {
  const classes = data.classes ??
    (group.kind === "texts" ? distinct(group.values) : numbersUpTo(integersOf(group), group));
  if (classes.length < 2) {
    broken(group.file, `its labels have one class (${classes[0]}), two or more are needed`);
  }
  if (classes.length > MOST_CLASSES) {
    broken(group.file, `its labels have ${classes.length} classes; for values, ask for regression`);
  }
  return classes;
}

function distinct(texts: readonly string[]): string[] {
  const allNumbers = texts.every(isNumber);
  const names = [...new Set(allNumbers ? texts.map(canonical) : texts)];
  return allNumbers ? names.sort(byValue) : names.sort();
}

/** Numbers that a float64 does not tell apart go by their digits. */
function byValue(a: string, b: string): number {
  return Number(a) - Number(b) || (a < b ? -1 : 1);
}

/** `1`, `01` and `1.0` are the same class; a number beyond the safe integers is what is written. */
function canonical(text: string): string {
  const number = Number(text);
  return Math.abs(number) > Number.MAX_SAFE_INTEGER ? text : String(number);
}

function numbersUpTo(values: Int32Array, group: RawLabels): string[] {
  let most = -1;
  for (const [row, value] of values.entries()) {
    if (value < 0 || value >= MOST_CLASSES) {
      const place = group.at(row);
      broken(
        group.file,
        `${place} has label ${value}, classes are 0 to ${MOST_CLASSES - 1}`,
        place,
      );
    }
    most = Math.max(most, value);
  }
  return Array.from({ length: most + 1 }, (_, i) => String(i));
}

function integersOf(group: LabelValues & RawLabels): Int32Array<ArrayBuffer> {
  if (group.kind === "integers") return group.values;
  const values = Int32Array.from(group.values, Number);
  const row = values.findIndex((value, i) => value !== Number(group.values[i]));
  if (row >= 0) {
    const place = group.at(row);
    broken(group.file, `${place} has label ${group.values[row]}, not the number of a class`, place);
  }
  return values;
}

/** Class numbers; every one below the number of classes. */
function numbersOf(group: RawLabels, classes: readonly string[]): Int32Array<ArrayBuffer> {
  if (group.kind === "texts") return numbersOfTexts(group.values, group, classes);
  const values = integersOf(group);
  const row = values.findIndex((value) => value < 0 || value >= classes.length);
  if (row >= 0) {
    const place = group.at(row);
    broken(
      group.file,
      `${place} has label ${values[row]}, classes are 0 to ${classes.length - 1}`,
      place,
    );
  }
  return values;
}

function numbersOfTexts(texts: readonly string[], group: RawLabels, classes: readonly string[]) {
  const numbers = new Map(classes.map((name, i) => [name, i]));
  const values = new Int32Array(texts.length);
  for (const [row, text] of texts.entries()) {
    const number = numbers.get(text) ?? (isNumber(text) ? numbers.get(canonical(text)) : undefined);
    if (number === undefined) {
      const place = group.at(row);
      const some = classes.length <= 12 ? classes.join(", ") : `${classes.length} others`;
      broken(group.file, `${place} has label ${text}, classes are ${some}`, place);
    }
    values[row] = number;
  }
  return values;
}

/** A model's classes and a file's must be the same names in the same order, where both have names. */
function checkSameClasses(data: RawData, known: readonly string[]): void {
  const found = data.classes;
  if (found === undefined || found.every((name, i) => name === String(i))) return;
  if (known.every((name, i) => name === String(i)) && known.length === found.length) return;
  if (found.length === known.length && found.every((name, i) => name === known[i])) return;
  broken(
    data.files[0] ?? data.path,
    `its classes are ${found.join(", ")}, the model's are ${known.join(", ")}`,
    "classes",
  );
}
