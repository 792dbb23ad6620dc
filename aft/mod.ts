/**
 * Transfer: methods, labelled data, cached features, training, evaluation, reports.
 *
 * @example Train from files, then ask the trained model
 * ```ts
 * import { evaluateCheckpoint, train, writeAtomic } from "@aft/aft/aft";
 * import { assert } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const rows = Array.from({ length: 64 }, (_, i) => `${i % 4},${i % 4 < 2 ? "low" : "high"}`);
 * for (const name of ["train", "test"]) {
 *   await writeAtomic(`${folder}/${name}.csv`, ["size,label", ...rows].join("\n"));
 * }
 *
 * const config = { data: folder, method: "stl", student: "mlp:8", steps: 40, lr: 0.05 } as const;
 * for await (const progress of train({ ...config, out: `${folder}/run` })) {
 *   if (progress.event === "done") assert(progress.seconds > 0);
 * }
 *
 * const { score } = await evaluateCheckpoint(`${folder}/run/checkpoint.safetensors`, folder);
 * assert("accuracy" in score && score.accuracy > 0.9);
 * ```
 *
 * @module
 */

export {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  loadModel,
  modelOf,
  readCheckpoint,
  type RowCounts,
  type TeacherColumns,
  weightsOf,
  writeCheckpoint,
} from "./checkpoint.ts";
export type { Told, WorkStep } from "./bit_by_bit.ts";
export { compare } from "./compare/compare.ts";
export { mergeComparisons } from "./compare/conclude.ts";
export { type MethodEntry, parseMethodEntry } from "./compare/entry.ts";
export {
  correlation,
  type PairedDifference,
  pairedDifference,
  studentT,
  summarise,
  type Summary,
} from "./statistics.ts";
export type { AboutRun, CompareProgress, Trial } from "./compare/progress.ts";
export type {
  Cell,
  CellRun,
  CompareOptions,
  CompareRow,
  Comparison,
  EnergyShare,
  ProbeCell,
  Setting,
  Shard,
  TeacherSets,
} from "./compare/types.ts";
export {
  configFromJson,
  type ConfigKey,
  configToJson,
  parseConfigFlag,
  resolveConfig,
  resolveSettings,
  type TrainConfig,
  type TrainSettings,
} from "./config.ts";
export { configFields } from "./config_fields.ts";
export type { ConfigField, ConfigGroup } from "./config_kinds.ts";
export {
  type CutRows,
  DATA_FORMATS,
  type DataFormat,
  type Dataset,
  type DatasetOptions,
  type DataShape,
  type InputLayout,
  type InputRows,
  type Inputs,
  readDataset,
  readInputs,
  type ReadInputsOptions,
  type Split,
  type SplitName,
  type TaskKind,
  type Vocabulary,
} from "./data/dataset.ts";
export {
  type FeatureRows,
  type FeatureSplit,
  readFeatures,
  type Teacher,
} from "./data/features.ts";
export { tokenIds, vocabularyOf, wordsOf } from "./data/words.ts";
export { columnStatistics, inputStatistics, type Statistics } from "./data/normalise.ts";
export { chooseRows, type ChooseRowsOptions, type ChosenRows } from "./data/split.ts";
export {
  type ClassificationScore,
  evaluateModel,
  type Evaluation,
  type RegressionScore,
  type Score,
  scoreOutputs,
} from "./evaluate.ts";
export {
  appendLine,
  exists,
  type FileContent,
  gunzipParts,
  list,
  lookAt,
  makeFolder,
  type PathKind,
  readBytes,
  readHead,
  readJson,
  readText,
  readTextParts,
  writeAtomic,
} from "./files.ts";
export {
  type DistanceName,
  type EnsembleName,
  type KernelName,
  type Method,
  type MethodBatch,
  type MethodName,
  methodOf,
  type MethodOptions,
  type MethodPart,
  type MethodRate,
  methods,
  type MethodShape,
  type MethodText,
  type Preparation,
  type Refusal,
  type Regulariser,
  type RhoKind,
  type SparsityName,
} from "./methods/mod.ts";
export { type ExportedWeights, exportWeights } from "./export.ts";
export { Model, type ModelOptions, type RawInputs } from "./model.ts";
export { nearestName } from "./nearest.ts";
export {
  type CheckpointEvaluation,
  type ClassPrediction,
  evaluateCheckpoint,
  predict,
  type PredictedRow,
  type Prediction,
  type PredictOptions,
  type ValuePrediction,
} from "./predict.ts";
export type {
  CheckpointProgress,
  DoneProgress,
  EvaluationProgress,
  InitProgress,
  InterruptedProgress,
  PreparationProgress,
  Progress,
  ReadingProgress,
  StartProgress,
  StepProgress,
} from "./progress.ts";
export { type CrossFit, crossFit, type CrossFitOptions } from "./rank/cross_fit.ts";
export { featureMatrix, type LabelledFeatures } from "./rank/features.ts";
export { hscore, type HscoreOptions } from "./rank/hscore.ts";
export { knn, type KnnOptions } from "./rank/knn.ts";
export { lfc } from "./rank/lfc.ts";
export { type Matrix, matrix } from "./rank/linear_algebra/matrix.ts";
export { type Logme, logme, type LogmeForm, type LogmeOptions } from "./rank/logme.ts";
export { type LinearProbe, linearProbe, type ProbeOptions, probeOutputs } from "./rank/probe.ts";
export {
  type RankDone,
  type RankInterrupted,
  type RankOptions,
  type RankProgress,
  type RankScoring,
  type RankStart,
  type RankTeacher,
  rankTeachers,
  type TeacherScores,
} from "./rank/rank.ts";
export type { RankRowsOptions } from "./rank/rows.ts";
export { type ScoreEntry, type ScoreName, teacherScores } from "./rank/scores.ts";
export {
  type SelectDone,
  type SelectedTeachers,
  type SelectOptions,
  type SelectProgress,
  type SelectRound,
  selectTeachers,
  type SelectTrial,
} from "./rank/select.ts";
export type { LinearMap } from "./rank/softmax_regression.ts";
export type { Labels } from "./rank/targets.ts";
export { transRate, type TransRateOptions } from "./rank/transrate.ts";
export type { Spectrum } from "./rank/spectrum.ts";
export { FeatureView } from "./rank/view.ts";
export type {
  ReportCommand,
  ReportData,
  ReportEvaluation,
  ReportMetric,
  ReportPrediction,
  ReportResult,
} from "./report/data.ts";
export { renderReport } from "./report/report.ts";
export {
  energyShares,
  explainRho,
  explainScales,
  RHO_BINS,
  type ScaleBlock,
  type ScaleRange,
  type ScaleReport,
  type ScaleSummary,
  type TeacherScales,
} from "./rho.ts";
export { type LogLine, readConfig, RunFolder } from "./run.ts";
export {
  parseStudent,
  type Student,
  type StudentEntry,
  type StudentName,
  type StudentOutput,
  type StudentPlan,
  students,
  type StudentShape,
} from "./student.ts";
export {
  matchWeights,
  type NamedShape,
  type NameMap,
  readNameMap,
  startFrom,
  type StartWeights,
} from "./start_weights.ts";
export { train, type TrainOptions } from "./train.ts";
export { type RunOptions, Trainer, type TrainerOptions } from "./trainer.ts";
export { TrainingError } from "./training/error.ts";
export type { Fingerprints } from "./training/fingerprint.ts";
export type { TeacherFeatures, TrainingData } from "./training/prepare.ts";
export type { Placement } from "./training/rows.ts";
export type { Scale, Scaling, TeacherScale } from "./training/scaling.ts";
