/** Golden trajectories: whole training runs of a small student. */

import {
  add,
  mul,
  read,
  relu,
  tanh,
  type Tensor,
  tensor,
  valueAndGradWithAux,
  type Variable,
  zeros,
} from "../../gpu/mod.ts";
import type { Regulariser } from "../../aft/methods/mod.ts";
import { Adam, crossEntropy, Linear, Module, type Optimiser, SGD } from "../../nn/mod.ts";
import { type Check, compare, type Outcome, worse } from "./check.ts";
import { CaseFile, type Entry } from "./form.ts";
import { type Fields, refuse } from "./json.ts";
import type { GoldenMethod } from "./methods.ts";
import { regulariserOf, variablesOf } from "./regulariser.ts";

/** The student of every trajectory; its features are the tanh layer. */
class Student extends Module {
  readonly fc1: Linear;
  readonly fc2: Linear;
  readonly out: Linear;

  constructor(inputs: number, hidden: number, features: number, outputs: number) {
    super();
    this.fc1 = new Linear(inputs, hidden, { seed: 0 });
    this.fc2 = new Linear(hidden, features, { seed: 1 });
    this.out = new Linear(features, outputs, { seed: 2 });
  }

  forward(x: Tensor): { logits: Tensor; features: Tensor } {
    const features = tanh(this.fc2.forward(relu(this.fc1.forward(x))));
    return { logits: this.out.forward(features), features };
  }
}

/** Rows of one batch. */
interface Batch {
  x: Tensor;
  labels: Tensor;
  teacher: Tensor;
}

/** A run that is ready to start. */
interface Run {
  student: Student;
  regulariser: Regulariser | undefined;
  batches: readonly Batch[];
  epochs: number;
  beta: number;
  optimiser: Optimiser;
  /** Factor of the rates in an epoch. */
  scale: (epoch: number) => number;
}

/** Runs a trajectory and compares the losses of every step and the parameters at the end. */
export async function runTrajectory(entry: Entry, golden: GoldenMethod): Promise<Outcome> {
  const file = await CaseFile.read(entry.file);
  const run = prepare(entry.fields, golden, file);
  const losses = await train(run);
  const checks = [
    compareLosses("ce", losses.ce, entry.fields, file),
    compareLosses("prior_loss", losses.prior, entry.fields, file),
    await finalParameters(run, golden, file),
  ];
  return { id: entry.id, method: entry.method, checks };
}

function prepare(fields: Fields, golden: GoldenMethod, file: CaseFile): Run {
  const student = studentOf(file);
  const [rows] = file.shape("in.x");
  const blocks = fields.counts("feat_dims");
  const columns = blocks.reduce((a, b) => a + b);
  const features = student.fc2.weight.shape[0];
  const shape = { features, teacher: columns, blocks, seed: 0, tensorProduct: false };
  const regulariser = regulariserOf(golden, file, "init.prior.", shape);
  return {
    student,
    regulariser,
    batches: batchesOf(fields, file, rows, columns),
    epochs: fields.count("epochs"),
    beta: fields.numberOrNone("beta") ?? 0,
    optimiser: optimiserOf(fields, student, regulariser?.parameters ?? {}),
    scale: scheduleOf(fields),
  };
}

function studentOf(file: CaseFile): Student {
  const [hidden, inputs] = matrix(file, "init.model.fc1.weight");
  const [features] = matrix(file, "init.model.fc2.weight");
  const [outputs] = matrix(file, "init.model.out.weight");
  const student = new Student(inputs, hidden, features, outputs);
  for (const [name, variable] of Object.entries(student.parameters())) {
    variable.write(file.inputs(`init.model.${name}`, variable.shape));
  }
  return student;
}

function matrix(file: CaseFile, name: string): readonly number[] {
  const shape = file.shape(name);
  return shape.length === 2 ? shape : refuse(file.path, name, "it is not a matrix");
}

/** Consecutive rows; the last batch may be short. */
function batchesOf(fields: Fields, file: CaseFile, rows: number, columns: number): Batch[] {
  const [size, count] = [fields.count("batch"), fields.count("batches_per_epoch")];
  if (rows <= size * (count - 1)) {
    const { place } = fields;
    refuse(file.path, "in.x", `${rows} rows are too few for the ${count} batches of ${place}`);
  }
  const inputs = file.shape("in.x")[1];
  const x = file.inputs("in.x", [rows, inputs]);
  const labels = file.labels("in.labels", [rows]);
  const teacher = file.inputs("in.pretrained", [rows, columns]);
  return Array.from({ length: count }, (_, i) => {
    const [from, to] = [i * size, Math.min((i + 1) * size, rows)];
    const part = (values: Float32Array<ArrayBuffer>, width: number) =>
      tensor(values.slice(from * width, to * width), { shape: [to - from, width] });
    return {
      x: part(x, inputs),
      labels: tensor(labels.slice(from, to)),
      teacher: part(teacher, columns),
    };
  });
}

/** The method's parameters have their own rate and never decay. */
function optimiserOf(
  fields: Fields,
  student: Student,
  learned: Readonly<Record<string, Variable>>,
): Optimiser {
  const decay = fields.numberOrNone("weight_decay_model") ?? 0;
  const groups = [
    { name: "model", parameters: student.parameters(), rate: fields.number("lr"), decay },
    { name: "prior", parameters: learned, rate: fields.number("prior_lr"), decay: 0 },
  ].filter(({ parameters }) => Object.keys(parameters).length > 0);
  const name = fields.text("optimizer");
  switch (name) {
    case "adam":
      return new Adam(groups);
    case "sgd":
      return new SGD(groups, { momentum: fields.numberOrNone("momentum") ?? 0 });
    default:
      return refuse(fields.file, fields.place, `optimizer ${name} is neither adam nor sgd`);
  }
}

/** The schedule is written out in words; the formula that the form knows is the cosine. */
function scheduleOf(fields: Fields): (epoch: number) => number {
  const text = fields.text("schedule");
  const epochs = fields.count("epochs");
  const formula = text.replaceAll(" ", "");
  if (formula.startsWith("constant")) return () => 1;
  if (formula.includes("lr0*(1+cos(pi*e/epochs))/2")) {
    return (epoch) => (1 + Math.cos(Math.PI * epoch / epochs)) / 2;
  }
  return refuse(fields.file, fields.place, `schedule ${text} is neither the cosine nor constant`);
}

interface Losses {
  ce: number[];
  prior: number[];
}

async function train(run: Run): Promise<Losses> {
  const losses: Losses = { ce: [], prior: [] };
  for (let epoch = 0; epoch < run.epochs; epoch++) {
    for (const batch of run.batches) {
      const { ce, prior } = step(run, batch, run.scale(epoch));
      const [[ceValue], [priorValue]] = await read([ce, prior]);
      losses.ce.push(ceValue);
      losses.prior.push(priorValue);
    }
  }
  return losses;
}

/** Records one step; the losses are those before the update. */
function step(run: Run, batch: Batch, scale: number): { ce: Tensor; prior: Tensor } {
  const { student, regulariser, optimiser, beta } = run;
  const { x, labels, teacher } = batch;
  const learned = regulariser?.parameters ?? {};
  const lossAndGrads = valueAndGradWithAux((_: Record<string, Record<string, Variable>>) => {
    const { logits, features } = student.forward(x);
    const ce = crossEntropy(logits, labels);
    const own = regulariser?.loss({ features, logits, teacher, labels });
    const prior = own === undefined || beta === 0 ? zeros([]) : mul(own, beta);
    return { loss: add(ce, prior), aux: { ce, prior } };
  });
  const { aux, grads } = lossAndGrads({ model: student.parameters(), prior: learned });
  optimiser.step(grads, { scale });
  return aux;
}

/** Losses of every step; the index repeats the last. */
function compareLosses(
  name: string,
  losses: readonly number[],
  fields: Fields,
  file: CaseFile,
): Check {
  const toleranceOf = (reference: number) => 1e-6 + 1e-3 * Math.abs(reference);
  const check = compare(name, losses, file.outputs(`out.${name}`, [losses.length]), toleranceOf);
  const last = fields.numberOrNone(`final_${name}`);
  return last === undefined
    ? check
    : worse(check, compare(name, losses.slice(-1), [last], toleranceOf));
}

async function finalParameters(run: Run, golden: GoldenMethod, file: CaseFile): Promise<Check> {
  const variables = new Map<string, Variable>();
  for (const [name, variable] of Object.entries(run.student.parameters())) {
    variables.set(`final.model.${name}`, variable);
  }
  const held = run.regulariser === undefined ? {} : variablesOf(run.regulariser);
  for (const [name, own] of Object.entries(golden.names)) {
    variables.set(`final.prior.${name}`, held[own]);
  }
  for (const name of golden.unseen ?? []) variables.delete(`final.prior.${name}`);
  const values = await read([...variables.values()]);
  return [...variables].map(([name, { shape }], i) => {
    const reference = file.outputs(name, shape);
    const largest = reference.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
    const check = compare("final parameters", values[i], reference, 2e-3 * largest);
    return { ...check, detail: `${name}: ${check.detail}` };
  }).reduce(worse);
}
