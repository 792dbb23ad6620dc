/** What the tests of methods share: matrices of plain numbers, and methods held to them. */

import { assertEquals } from "@std/assert";
import {
  openGpu,
  read,
  type Tensor,
  tensor,
  valueAndGrad,
  type Variable,
  variable,
  zeros,
} from "../../../gpu/mod.ts";
import type { Method, MethodBatch, Regulariser } from "../../../aft/methods/method.ts";
import type { MethodOptions } from "../../../aft/methods/options.ts";
import { type Preparation, preparing } from "../../../aft/methods/preparation.ts";
import { assertClose, type HostArray, hostArray, numericGradient } from "../../nn/support.ts";

await openGpu();

/** Rows of plain numbers. */
export type Matrix = number[][];

/** A matrix of values in row-major order. */
export function matrixOf({ shape: [rows, columns], values }: HostArray): Matrix {
  return Array.from(
    { length: rows },
    (_, r) => Array.from(values.subarray(r * columns, (r + 1) * columns)),
  );
}

/** A matrix on the device. */
export function onDevice(x: Matrix | HostArray): Tensor {
  if (Array.isArray(x)) return tensor(x);
  return tensor(Float32Array.from(x.values), { shape: x.shape });
}

export const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
export const mean = (values: readonly number[]) => sum(values) / values.length;
export const dot = (a: readonly number[], b: readonly number[]) => sum(a.map((v, i) => v * b[i]));
export const map2 = (a: Matrix, b: Matrix, f: (x: number, y: number) => number) =>
  a.map((row, i) => row.map((x, j) => f(x, b[i][j])));
export const transposed = (x: Matrix) => x[0].map((_, c) => x.map((row) => row[c]));
export const product = (a: Matrix, b: Matrix) =>
  a.map((row) => transposed(b).map((column) => dot(row, column)));
export const gram = (x: Matrix) => x.map((a) => x.map((b) => dot(a, b)));
export const scaled = (x: Matrix, weights: readonly number[]) =>
  x.map((row) => row.map((v, c) => v * weights[c]));
export const sigmoid = (s: number) => 1 / (1 + Math.exp(-s));

/** Chances of the classes. */
export function softmax(logits: readonly number[]): number[] {
  const powers = logits.map(Math.exp);
  return powers.map((p) => p / sum(powers));
}

export function centred(x: Matrix): Matrix {
  const means = transposed(x).map(mean);
  return x.map((row) => row.map((v, c) => v - means[c]));
}

/** Rows over their length and a guard. */
export function unit(x: Matrix, guard = 1e-8): Matrix {
  return x.map((row) => row.map((v) => v / (Math.hypot(...row) + guard)));
}

/** x W^T + b. */
export function affine(x: Matrix, weight: Matrix, bias: readonly number[]): Matrix {
  return x.map((row) => weight.map((w, o) => dot(row, w) + bias[o]));
}

/** Root of the mean square with AFT's guard. */
export function rootMeanSquare(x: Matrix): number {
  return Math.sqrt(mean(x.flat().map((v) => v * v)) + 1e-8);
}

/** What a reference sees: features of both sides, and the method's variables by name. */
export interface HostSeen {
  phi: Matrix;
  psi: Matrix;
  logits: Matrix;
  variables: Record<string, HostArray>;
  /** Weights of the student by name. */
  student: Record<string, HostArray>;
}

/** A case of {@link assertMethod}. */
export interface MethodCase {
  options?: MethodOptions;
  rows?: number;
  features?: number;
  blocks?: number[];
  outputs?: number;
  tolerance?: number;
  /** Weights of the student, for methods that see them; none where it is left out. */
  student?: Record<string, HostArray>;
  /** Called before the comparison, with the student's weights on the device. */
  ready?: (regulariser: Regulariser, student: Record<string, Variable>) => void | Promise<void>;
  /** The method at work, where the table's entry does not make it. */
  create?: (student: Record<string, Variable>) => Regulariser;
}

/**
 * Holds a method's loss and its gradients, with respect to student features, logits, weights and
 * everything it learns, to a reference in float64 and its central differences. The batch holds the
 * training rows from the last to the first.
 */
export async function assertMethod(
  method: Method,
  reference: (seen: HostSeen) => number,
  options: MethodCase = {},
): Promise<void> {
  const { rows = 6, features = 3, blocks = [4], outputs = 3, tolerance = 2e-5 } = options;
  const teacher = sum(blocks);
  const { student: weights = {} } = options;
  const student = mapped(weights, (weight) => variable(onDevice(weight)));
  const shape = { features, teacher, blocks, outputs, rows, student, seed: 3 };
  const regulariser = options.create?.(student) ?? method.create(shape, options.options)!;
  await options.ready?.(regulariser, student);
  const phi = hostArray([rows, features], 11);
  const psi = hostArray([rows, teacher], 12, 1.5);
  const logits = hostArray([rows, outputs], 13, 2);
  const labels = tensor(Int32Array.from({ length: rows }, (_, i) => i % outputs));
  const positions = tensor(Uint32Array.from({ length: rows }, (_, i) => rows - 1 - i));
  const variables = await hostVariables(regulariser);
  const run = valueAndGrad((p: { phi: Tensor; logits: Tensor; own: Record<string, Tensor> }) =>
    regulariser.loss({
      ...{ features: p.phi, logits: p.logits, teacher: onDevice(psi), labels },
      positions,
    })
  );
  const own = { ...regulariser.parameters, ...student };
  const { value, grads } = run({ phi: onDevice(phi), logits: onDevice(logits), own });
  assertEquals(value.shape, []);
  const names = Object.keys(own);
  const found = await read([value, grads.phi, grads.logits, ...names.map((n) => grads.own[n])]);
  const seen = () =>
    reference({
      ...{ phi: matrixOf(phi), psi: matrixOf(psi), logits: matrixOf(logits) },
      ...{ variables, student: weights },
    });
  const what = [`${method.name}`, "gradient of features", "gradient of logits", ...names];
  assertClose(found[0], [seen()], tolerance, what[0]);
  const all = { ...variables, ...weights };
  [phi, logits, ...names.map((name) => all[name])].forEach(({ values }, i) => {
    assertClose(found[i + 1], numericGradient(seen, values), tolerance, what[i + 1]);
  });
}

function mapped<T, U>(record: Record<string, T>, f: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value)]));
}

/** Values of everything that a method holds. */
export async function hostVariables(
  { parameters, constants }: Regulariser,
): Promise<Record<string, HostArray>> {
  const all = Object.entries({ ...constants, ...parameters });
  const values = await Promise.all(all.map(([, variable]) => variable.data()));
  return Object.fromEntries(all.map(([name, { shape }], i) => [
    name,
    { shape: [...shape], values: Float64Array.from(values[i]) },
  ]));
}

/** A batch of features alone. */
export function batchOf(phi: Matrix | HostArray, psi: Matrix | HostArray): MethodBatch {
  const [features, teacher] = [onDevice(phi), onDevice(psi)];
  const rows = features.shape[0];
  return { features, teacher, logits: zeros([rows, 2]), labels: zeros([rows], "i32") };
}

/** The loss of a method on features. */
export function lossOf(
  { loss }: Regulariser,
  phi: Matrix | HostArray,
  psi: Matrix | HostArray,
): Promise<number> {
  return loss(batchOf(phi, psi)).item();
}

/** Prepares a method to the end. */
export async function prepareWith(
  regulariser: Pick<Regulariser, "prepare">,
  rows: Preparation,
): Promise<void> {
  for await (const _ of preparing(regulariser, rows));
}

/** Training rows made by hand. */
export function rowsOf(
  psi: Matrix,
  labels: readonly number[],
  { classes = 0, student = psi }: { classes?: number; student?: Matrix } = {},
): Preparation {
  return {
    rows: labels.length,
    labels: classes > 0 ? Int32Array.from(labels) : Float32Array.from(labels),
    classes,
    seed: 5,
    student: () => Promise.resolve(Float32Array.from(student.flat())),
    teacher: (positions = psi.map((_, i) => i)) =>
      Float32Array.from(Array.from(positions).flatMap((i) => psi[i])),
  };
}
