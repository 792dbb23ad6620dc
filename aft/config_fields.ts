/** The table of configuration fields, from which flags, help, checks and `config.json` follow. */

import type { TrainConfig } from "./config.ts";
import {
  choice,
  type ConfigField,
  integer,
  list,
  methodText,
  numbers,
  real,
  share,
  text,
  toggle,
} from "./config_kinds.ts";
import { DATA_FORMATS } from "./data/dataset.ts";
import { LARGEST_SIDE } from "./data/image_pixels.ts";
import { LONGEST } from "./data/words.ts";
import { methods } from "./methods/mod.ts";
import { optionDefaults } from "./methods/options.ts";
import { schedules } from "../nn/mod.ts";
import { students } from "./student.ts";

const MOST_STEPS = 1_000_000_000;
const usages = (table: Readonly<Record<string, { usage: string }>>) =>
  Object.values(table).map(({ usage }) => usage).join(" | ");
const betas = Object.values(methods).filter(({ beta }) => beta !== 0)
  .map(({ name, beta }) => `${beta} for ${name}`).join(", ");

/**
 * Every field of {@linkcode TrainConfig}, in the order of help texts. A field without an entry is a
 * type error.
 *
 * @example
 * ```ts
 * import { configFields } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const { flag, range } = configFields.batchSize;
 * assertEquals([flag, range], ["batch-size", "an integer from 1 to 65536"]);
 * ```
 */
export const configFields: { readonly [K in keyof TrainConfig]: ConfigField<TrainConfig[K]> } = {
  data: text({
    flag: "data",
    placeholder: "PATH",
    group: "data",
    help:
      "labelled data: a file or folder of safetensors, IDX, CIFAR-10 binary, CSV or JSON lines, or a " +
      "folder of images for each class",
  }),
  format: choice(["auto", ...DATA_FORMATS], {
    flag: "format",
    group: "data",
    default: "auto",
    help: "format of the data, where content and names must not decide",
  }),
  label: text({
    flag: "label",
    placeholder: "COLUMN",
    group: "data",
    default: "",
    defaultText: "label, or else the last column",
    help: "name of the label's column in tables",
  }, () => true),
  text: text({
    flag: "text",
    placeholder: "COLUMN",
    group: "data",
    default: "",
    defaultText: "text or sentence, where there is such a column",
    help: "name of the column of sentences in tables; the other columns are left out then",
  }, () => true),
  tokens: integer(1, 65_536, {
    flag: "tokens",
    group: "data",
    default: LONGEST,
    help: "longest sentence, in words; training rows may all be shorter",
  }),
  imageSize: integer(0, LARGEST_SIDE, {
    flag: "image-size",
    group: "data",
    default: 0,
    defaultText: "0, the one that all images have",
    help: "height and width that the images of a folder are brought to, from their middle",
  }),
  task: choice(["auto", "classification", "regression"], {
    flag: "task",
    group: "data",
    default: "auto",
    help: "what labels mean: integers and words are classes, numbers with a fraction are values",
  }),
  features: list({
    flag: "features",
    placeholder: "FILE[,FILE...]",
    group: "data",
    default: [],
    help:
      "cached features of teachers, one safetensors file each; methods without teachers leave them unread",
  }),
  trainSize: integer(0, MOST_STEPS, {
    flag: "train-size",
    group: "data",
    default: 0,
    defaultText: "0, all",
    help: "training rows to draw with the seed, each class by its share",
  }),
  perClass: integer(0, MOST_STEPS, {
    flag: "per-class",
    group: "data",
    default: 0,
    defaultText: "0, not used",
    help: "training rows to draw of each class, in place of train-size",
  }),
  valSize: share({
    flag: "val-size",
    placeholder: "N|FRACTION",
    group: "data",
    default: 0,
    help: "validation rows to draw after them, from the rows that are left first",
  }),
  testSize: share({
    flag: "test-size",
    placeholder: "N|FRACTION",
    group: "data",
    default: 0,
    help: "test rows to cut from data that come without any",
  }),
  method: methodText({
    flag: "method",
    group: "method",
    default: "aft",
    help: `${
      Object.values(methods).map(({ name, summary }) => `${name}: ${summary}`).join("; ")
    }; aft methods says more`,
  }),
  beta: numbers([0, 1e9], {
    flag: "beta",
    group: "method",
    defaultText: betas,
    help: "strength of the method's loss beside the task loss; of a combination, in the order of " +
      "its methods, where those without one keep their default",
  }),
  rho: choice(["learned", "fixed", "closed", "relevance", "relevance-fixed", "dense"], {
    flag: "rho",
    group: "method",
    default: optionDefaults.rho,
    help:
      "aft: scales of teacher columns that are learned from 0.5, stay there, follow in closed " +
      "form from each batch, start at each column's relevance for the labels, stay there, or a full matrix",
  }),
  rhoSteps: integer(1, 1000, {
    flag: "rho-steps",
    group: "method",
    default: optionDefaults.rhoSteps,
    help: "aft: of every N batches all but the last update the scales alone",
  }),
  kernel: choice(["linear", "rbf", "poly", "laplace", "none"], {
    flag: "kernel",
    group: "method",
    default: optionDefaults.kernel,
    help: "aft: what is made of the products of rows; none predicts the student's columns instead",
  }),
  distance: choice(["root", "squared", "cka"], {
    flag: "distance",
    group: "method",
    default: optionDefaults.distance,
    help: "aft: root of the mean squared difference of similarities, its square, or 1 - CKA",
  }),
  centre: toggle({
    flag: "centre",
    group: "method",
    default: optionDefaults.centre,
    help: "aft: centre columns over the batch; --no-centre leaves them",
  }),
  normalise: toggle({
    flag: "normalise",
    group: "method",
    default: optionDefaults.normalise,
    help: "aft: bring rows to length 1; --no-normalise leaves them",
  }),
  bandwidth: real([0, 1e9], {
    flag: "bandwidth",
    group: "method",
    default: optionDefaults.bandwidth,
    help: "aft: width of kernels rbf and laplace; 0 takes the median of each batch",
  }),
  degree: integer(1, 16, {
    flag: "degree",
    group: "method",
    default: optionDefaults.degree,
    help: "aft: power of kernel poly",
  }),
  tensorProduct: toggle({
    flag: "tensor-product",
    group: "method",
    help: "aft: compare with the outer product of the teachers' features, as of image and text",
  }),
  sparsity: choice(["none", "l1l2", "entropy", "gates"], {
    flag: "sparsity",
    group: "method",
    default: optionDefaults.sparsity,
    help:
      "aft: penalty that makes few columns matter: ||rho||1/||rho||2, entropy of the energies, " +
      "or the share of open hard-concrete gates",
  }),
  sparsityStrength: real([0, 1e6], {
    flag: "sparsity-strength",
    group: "method",
    default: optionDefaults.sparsityStrength,
    help: "aft: strength of that penalty beside the gap",
  }),
  startStrength: real([0, 1e6], {
    flag: "start-strength",
    group: "method",
    default: optionDefaults.startStrength,
    help: "l2sp, delta: strength a of what holds the student near its start, before beta",
  }),
  headStrength: real([0, 1e6], {
    flag: "head-strength",
    group: "method",
    default: optionDefaults.headStrength,
    help: "l2sp, delta: strength b of the decay of the student's head, before beta",
  }),
  codeEpochs: integer(1, 100_000, {
    flag: "code-epochs",
    group: "method",
    default: optionDefaults.codeEpochs,
    help: "ft: passes over the training rows at most for the auto-encoder that makes the codes; " +
      "fewer of them save time where there is no fast GPU",
  }),
  temperature: real([0.01, 1000], {
    flag: "temperature",
    group: "method",
    default: optionDefaults.temperature,
    help: "logitkd: what logits are divided by before the softmax",
  }),
  ensemble: choice(["mean", "entropy", "confidence"], {
    flag: "ensemble",
    group: "method",
    default: optionDefaults.ensemble,
    help: "logitkd: outputs of several teachers are averaged alike, or weighed row by row by the " +
      "entropy of each answer or by its cross-entropy with the label",
  }),
  folds: integer(1, 100, {
    flag: "folds",
    group: "method",
    default: optionDefaults.folds,
    help:
      "logitkd: parts that the training rows are dealt into, each asked of a probe fitted to the " +
      "others; 1 asks one probe for the rows it was fitted to",
  }),
  standardise: toggle({
    flag: "standardise",
    group: "method",
    help: "bring every teacher column to mean 0 and variance 1 over the training rows in use",
  }),
  featureStorage: choice(["auto", "f32", "f16"], {
    flag: "feature-storage",
    group: "method",
    default: "auto",
    help:
      "how teachers' features lie in the device's memory, arithmetic is f32 either way: f16 takes " +
      "half, auto is f16 where all files hold it",
  }),
  regulariserLr: real([0, 1000], {
    flag: "regulariser-lr",
    group: "method",
    default: 1e-2,
    help: "learning rate of what a method learns, where that does not take the student's",
  }),
  student: text({
    flag: "student",
    placeholder: "NAME:SIZES",
    group: "student",
    default: "mlp:128,128",
    help: usages(students),
  }),
  init: text({
    flag: "init",
    placeholder: "FILE",
    group: "student",
    default: "",
    defaultText: "none",
    help:
      "safetensors file, or checkpoint, with weights to start from, matched by name and shape; " +
      "what was matched and what was not is listed",
  }, () => true),
  initMap: text({
    flag: "init-map",
    placeholder: "FROM=TO[,FROM=TO...]",
    group: "student",
    default: "",
    defaultText: "none",
    help:
      "other names for the weights of that file, whole or up to a dot; or a JSON file of such pairs",
  }, () => true),
  lora: integer(0, 65_536, {
    flag: "lora",
    placeholder: "RANK",
    group: "student",
    default: 0,
    defaultText: "0, the weights themselves",
    help:
      "LoRA: train changes of this rank beside the weights of linear layers and convolutions, and the " +
      "head whole; all else stands still",
  }),
  loraAlpha: real([0, 1e6], {
    flag: "lora-alpha",
    placeholder: "ALPHA",
    group: "student",
    default: 0,
    defaultText: "0, the rank",
    help: "these changes are multiplied by alpha / rank",
  }),
  seed: integer(0, Number.MAX_SAFE_INTEGER, {
    flag: "seed",
    group: "student",
    default: 0,
    help: "decides the rows drawn, the order of batches and all start values",
  }),
  optimiser: choice(["adam", "adamw", "sgd"], {
    flag: "optimiser",
    group: "optimiser",
    default: "adam",
    help: "adam couples weight decay with the gradient, adamw does not",
  }),
  lr: real([0, 1000], {
    flag: "lr",
    group: "optimiser",
    default: 1e-3,
    help: "learning rate of the student",
  }),
  momentum: real([0, 1], {
    flag: "momentum",
    group: "optimiser",
    default: 0,
    help: "momentum of sgd",
  }, { below: true }),
  schedule: text({
    flag: "schedule",
    placeholder: "NAME",
    group: "optimiser",
    default: "cosine",
    help: `factor of all rates, taken at each step: ${usages(schedules)}`,
  }),
  weightDecay: real([0, 1000], {
    flag: "weight-decay",
    group: "optimiser",
    default: 0,
    help: "weight decay of the student; what a method learns never decays",
  }),
  clipNorm: real([0, 1e9], {
    flag: "clip-norm",
    group: "optimiser",
    default: 0,
    defaultText: "0, no limit",
    help: "largest norm of all gradients together",
  }),
  ema: real([0, 1], {
    flag: "ema",
    group: "optimiser",
    default: 0,
    defaultText: "0, no average",
    help:
      "share that an average of the weights keeps at each update, such as 0.99; evaluations and " +
      "predictions use the average, with the latest running statistics of batch normalisation, " +
      "which are not averaged",
  }, { below: true }),
  labelSmoothing: real([0, 1], {
    flag: "label-smoothing",
    group: "optimiser",
    default: 0,
    help: "share of the target that is spread over all classes",
  }, { below: true }),
  batchSize: integer(1, 65_536, {
    flag: "batch-size",
    group: "optimiser",
    default: 128,
    help: "rows of a batch; all training rows where there are fewer",
  }),
  accumulate: integer(1, 65_536, {
    flag: "accumulate",
    group: "optimiser",
    default: 1,
    help: "batches whose mean gradient makes one update; the method compares rows within a batch",
  }),
  steps: integer(1, MOST_STEPS, {
    flag: "steps",
    group: "run",
    default: 500,
    help: "updates, exactly as many",
  }),
  evalEvery: integer(0, MOST_STEPS, {
    flag: "eval-every",
    group: "run",
    default: 0,
    defaultText: "0, at the end",
    help: "steps between evaluations on the validation rows, or else on the test rows",
  }),
  logEvery: integer(1, MOST_STEPS, {
    flag: "log-every",
    group: "run",
    default: 50,
    help: "steps between lines of the log, which hold means over the steps since the last one",
  }),
  checkpointEvery: integer(0, MOST_STEPS, {
    flag: "checkpoint-every",
    group: "run",
    default: 0,
    defaultText: "0, at the end",
    mayChange: true,
    help: "steps between checkpoints",
  }),
  out: text({
    flag: "out",
    placeholder: "FOLDER",
    group: "run",
    defaultText: "runs/DATA-METHOD-seedSEED",
    mayChange: true,
    help: "run folder",
  }),
};
