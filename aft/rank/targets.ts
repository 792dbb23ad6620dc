/** Labels as numbers to be explained. */

import { ConfigError, ShapeError } from "../../gpu/errors.ts";
import { type Matrix, matrix, zeroMatrix } from "./linear_algebra/matrix.ts";

/**
 * One label for each row of features: class numbers from 0 as an `Int32Array`, or values to be
 * predicted as an array of floats, which may hold several columns row by row.
 */
export type Labels =
  | Int32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/** True where labels are class numbers. */
export function areClasses(labels: Labels): labels is Int32Array<ArrayBuffer> {
  return labels instanceof Int32Array;
}

/** Number of classes: the largest label and one more, so that absent ones below it count. */
export function classCount(labels: Int32Array): number {
  return labels.reduce((top, label) => Math.max(top, label), -1) + 1;
}

/** Refuses features and labels that do not belong together, or are not finite. */
export function checkRows(features: Matrix, labels: Labels): void {
  const { rows, columns, values } = features;
  const fits = areClasses(labels) ? labels.length === rows : labels.length % rows === 0;
  if (!fits || labels.length === 0) {
    throw new ShapeError(
      `Cannot score features [${rows}, ${columns}] by ${labels.length} labels: each row needs one`,
      { shapes: [[rows, columns], [labels.length]] },
    );
  }
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    const place = `row ${Math.floor(wrong / columns)}, column ${wrong % columns}`;
    refuse(`Cannot score features: ${place} is ${values[wrong]}`, "features", values[wrong]);
  }
  const row = (labels as Float64Array).findIndex((label) =>
    areClasses(labels) ? label < 0 : !Number.isFinite(label)
  );
  if (row >= 0) {
    const wanted = areClasses(labels) ? "a class number from 0" : "a finite value";
    const found = labels[row];
    refuse(`Cannot score features: label ${row} is ${found}, not ${wanted}`, "labels", found);
  }
}

function refuse(message: string, field: string, value: number): never {
  throw new ConfigError(message, { field, value });
}

/** One column for each class, 1 in its rows and 0 elsewhere; or the values as they are. */
export function targetsOf(labels: Labels, rows: number): Matrix {
  if (!areClasses(labels)) return matrix(rows, labels.length / rows, labels);
  const targets = zeroMatrix(rows, classCount(labels));
  labels.forEach((label, row) => targets.values[row * targets.columns + label] = 1);
  return targets;
}

/** {@linkcode targetsOf} without the columns of absent classes, which any features explain. */
export function presentTargetsOf(labels: Labels, rows: number): Matrix {
  if (!areClasses(labels)) return targetsOf(labels, rows);
  const present = [...new Set(labels)].sort((a, b) => a - b);
  const columns = new Map(present.map((label, column) => [label, column]));
  return targetsOf(labels.map((label) => columns.get(label)!), rows);
}

/** Numbers of each class's rows; classes without any are left out. */
export function classRows(labels: Int32Array): Map<number, number[]> {
  const found = new Map<number, number[]>();
  labels.forEach((label, row) => {
    const rows = found.get(label);
    if (rows) rows.push(row);
    else found.set(label, [row]);
  });
  return found;
}
