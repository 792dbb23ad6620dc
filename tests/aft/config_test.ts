import { assertEquals, assertThrows } from "@std/assert";
import {
  checkUnchanged,
  configFromJson,
  type ConfigKey,
  configToJson,
  parseConfigFlag,
  resolveConfig,
  resolveSettings,
  settingsOf,
  type TrainConfig,
} from "../../aft/config.ts";
import { configFields } from "../../aft/config_fields.ts";
import { ConfigError, FormatError } from "../../gpu/errors.ts";

const KEYS = Object.keys(configFields) as ConfigKey[];

/** Asserts that a configuration is refused with this message and field. */
function assertRefused(action: () => unknown, message: string, field?: string): void {
  const error = assertThrows(action, ConfigError);
  assertEquals(error.message, message);
  if (field) assertEquals(error.field, field);
}

Deno.test("defaults are those of the reference protocol", () => {
  const { data: _, out: __, ...rest } = resolveConfig({ data: "d", features: ["a"] });
  assertEquals(rest, {
    format: "auto",
    label: "",
    text: "",
    tokens: 128,
    imageSize: 0,
    task: "auto",
    features: ["a"],
    trainSize: 0,
    perClass: 0,
    valSize: 0,
    testSize: 0,
    method: "aft",
    beta: 30,
    rho: "learned",
    rhoSteps: 1,
    kernel: "linear",
    distance: "root",
    centre: true,
    normalise: true,
    bandwidth: 1,
    degree: 2,
    tensorProduct: false,
    sparsity: "none",
    sparsityStrength: 0.01,
    startStrength: 0.01,
    headStrength: 0.01,
    codeEpochs: 500,
    temperature: 4,
    ensemble: "mean",
    folds: 5,
    standardise: false,
    featureStorage: "auto",
    regulariserLr: 1e-2,
    student: "mlp:128,128",
    init: "",
    initMap: "",
    lora: 0,
    loraAlpha: 0,
    seed: 0,
    optimiser: "adam",
    lr: 1e-3,
    momentum: 0,
    schedule: "cosine",
    weightDecay: 0,
    clipNorm: 0,
    ema: 0,
    labelSmoothing: 0,
    batchSize: 128,
    accumulate: 1,
    steps: 500,
    evalEvery: 0,
    logEvery: 50,
    checkpointEvery: 0,
  });
});

Deno.test("beta follows the method where it is not given", () => {
  const betaOf = (given: Partial<TrainConfig>) => resolveSettings(given).beta;
  assertEquals(betaOf({ method: "aft" }), 30);
  assertEquals(betaOf({ method: "kd" }), 10);
  assertEquals(betaOf({ method: "kd", beta: 3 }), 3);
  assertEquals(betaOf({ method: "kd", beta: undefined }), 10);
});

Deno.test("of a combination every method has a beta of its own, given ones first", () => {
  const betaOf = (beta?: number | number[]) => resolveSettings({ method: "aft+kd", beta }).beta;
  assertEquals(betaOf(), [30, 10]);
  assertEquals(betaOf(3), [3, 10]);
  assertEquals(betaOf([3, 0.5]), [3, 0.5]);
  assertEquals(parseConfigFlag("beta", "3,0.5"), { beta: [3, 0.5] });
  assertRefused(
    () => betaOf([1, 2, 3]),
    "Cannot train with beta 1,2,3: beta has more numbers than aft+kd has methods",
    "beta",
  );
  assertRefused(
    () => resolveSettings({ method: "kd", beta: [1, 2] }),
    "Cannot train with beta 1,2: beta has more numbers than kd has methods",
  );
});

Deno.test("the run folder is named after data, method and seed", () => {
  const outOf = (given: Partial<TrainConfig>) => resolveConfig({ method: "stl", ...given }).out;
  assertEquals(outOf({ data: "/a/b/cifar10/" }), "runs/cifar10-stl-seed0");
  assertEquals(outOf({ data: "a/iris.csv", seed: 4 }), "runs/iris-stl-seed4");
  assertEquals(outOf({ data: "digits-idx3-ubyte.idx.gz" }), "runs/digits-idx3-ubyte-stl-seed0");
  assertEquals(outOf({ data: "d", out: "here" }), "here");
});

/** Texts that a field of the command line must refuse, for every field that has a range. */
const OUT_OF_RANGE: Partial<Record<ConfigKey, readonly string[]>> = {
  data: [""],
  format: ["xml", ""],
  task: ["ranking"],
  tokens: ["0", "1.5", "65537"],
  imageSize: ["-1", "1.5", "4097"],
  features: ["a,,b", ","],
  trainSize: ["-1", "1.5", "x", ""],
  perClass: ["-1", "0.5"],
  valSize: ["-1", "1.5", "NaN"],
  testSize: ["-0.1", "2.5"],
  method: ["AFT2", "", "aft+", "aft+aft", "aft+stl", "kd+no"],
  beta: ["-1", "Infinity", "1e10", "1,", "1,-1", ""],
  rho: ["free"],
  rhoSteps: ["0", "1.5", "1001"],
  kernel: ["cosine"],
  distance: ["l1"],
  centre: ["yes"],
  normalise: ["1"],
  bandwidth: ["-1", "x"],
  degree: ["0", "17", "2.5"],
  tensorProduct: ["on"],
  sparsity: ["l0"],
  sparsityStrength: ["-1", "1e7"],
  startStrength: ["-1", "1e7"],
  headStrength: ["-0.1", "x"],
  codeEpochs: ["0", "100001", "2.5"],
  temperature: ["0", "1001"],
  ensemble: ["vote"],
  folds: ["0", "101", "2.5"],
  standardise: ["yes"],
  featureStorage: ["f64", ""],
  regulariserLr: ["-1e-3", "nan"],
  student: [""],
  lora: ["-1", "1.5", "65537"],
  loraAlpha: ["-1", "x"],
  seed: ["-1", "0.5", "9007199254740992"],
  optimiser: ["adamax"],
  lr: ["-1", "1001", " "],
  momentum: ["1", "-0.1"],
  schedule: [""],
  weightDecay: ["-1"],
  clipNorm: ["-1"],
  ema: ["1", "-0.1"],
  labelSmoothing: ["1", "-0.1"],
  batchSize: ["0", "65537", "12.5"],
  accumulate: ["0", "1.5"],
  steps: ["0", "-5", "1e10"],
  evalEvery: ["-1"],
  logEvery: ["0"],
  checkpointEvery: ["-1", "0.5"],
  out: [""],
};

Deno.test("every field refuses what is out of range with flag, value and range", () => {
  assertEquals(KEYS.filter((key) => !OUT_OF_RANGE[key]), ["label", "text", "init", "initMap"]); // any text names a column
  for (const key of KEYS) {
    const { flag, range } = configFields[key];
    for (const text of OUT_OF_RANGE[key] ?? []) {
      const error = assertThrows(() => parseConfigFlag(flag, text), ConfigError);
      const shown = text === "" ? `no ${flag}` : `${flag} ${text}`;
      assertEquals(
        error.message.replace(/; did you mean \w+\?$/, ""),
        `Cannot train with ${shown}: ${flag} must be ${range}`,
      );
      assertEquals(error.field, flag);
    }
  }
});

Deno.test("every default is in its field's own range", () => {
  for (const key of KEYS) {
    const { default: value, accept } = configFields[key] as {
      default?: unknown;
      accept: (value: unknown) => unknown;
    };
    if (value !== undefined) assertEquals(accept(value), value, key);
  }
});

Deno.test("text from the command line becomes values", () => {
  assertEquals(parseConfigFlag("lr", "1e-2"), { lr: 0.01 });
  assertEquals(parseConfigFlag("features", "a.st, b.st"), { features: ["a.st", "b.st"] });
  assertEquals(parseConfigFlag("standardise", "true"), { standardise: true });
  assertEquals(parseConfigFlag("val-size", "0.1"), { valSize: 0.1 });
});

Deno.test("names that do not exist are refused with the nearest one", () => {
  assertRefused(
    () => parseConfigFlag("batchsize", "3"),
    "Cannot use batchsize: there is no such field, did you mean batch-size?",
    "batchsize",
  );
  assertRefused(() => parseConfigFlag("x", "3"), "Cannot use x: there is no such field", "x");
  assertRefused(
    () => resolveSettings({ method: "atf" as "aft" }),
    "Cannot train with method atf: method must be " +
      `${configFields.method.range}; did you mean aft?`,
    "method",
  );
  assertRefused(
    () => resolveSettings({ betas: 3 } as never),
    "Cannot use betas: there is no such field, did you mean beta?",
    "betas",
  );
});

Deno.test("a configuration survives JSON, by the names of the flags", () => {
  const config = resolveConfig({
    data: "d",
    features: ["a", "b"],
    standardise: true,
    valSize: 0.1,
  });
  const json = JSON.parse(JSON.stringify(configToJson(config)));
  assertEquals(json["batch-size"], 128);
  assertEquals(Object.keys(json), KEYS.map((key) => configFields[key].flag));
  assertEquals(configFromJson(json), { ...config });
  assertEquals(configFromJson({ batchSize: 3 }), { batchSize: 3 });
});

Deno.test("JSON of the wrong kind is refused", () => {
  assertRefused(
    () => configFromJson({ lr: "0.1" }),
    "Cannot train with lr 0.1: lr must be a number from 0 to 1000",
    "lr",
  );
  assertRefused(
    () => configFromJson({ "batch-size": 3, batchSize: 4 }, "run.json"),
    "Cannot train with batch-size 4: batch-size is given twice in run.json",
  );
  const error = assertThrows(() => configFromJson([1], "run.json"), FormatError);
  assertEquals(error.message, "Cannot read run.json: a configuration is a JSON object of fields");
});

Deno.test("what is missing is asked for", () => {
  assertRefused(
    () => resolveConfig({ method: "stl" }),
    "Cannot train with no data: data must be given: a file or folder",
    "data",
  );
  assertRefused(
    () => resolveConfig({ data: "d" }),
    "Cannot train with no features: features must be given for method aft, or choose method stl",
    "features",
  );
});

Deno.test("settings that do not go together are refused", () => {
  assertRefused(
    () => resolveSettings({ method: "kd", rho: "fixed" }),
    "Cannot train with rho fixed: rho is an option of aft, not of method kd",
    "rho",
  );
  assertRefused(
    () => resolveSettings({ momentum: 0.9 }),
    "Cannot train with momentum 0.9: momentum is an option of optimiser sgd, not of adam",
    "momentum",
  );
  assertRefused(
    () => resolveSettings({ loraAlpha: 8 }),
    "Cannot train with lora-alpha 8: lora-alpha is of no use without lora, the rank",
    "lora-alpha",
  );
  assertRefused(
    () => resolveSettings({ trainSize: 10, perClass: 2 }),
    "Cannot train with per-class 2: per-class cannot be given beside train-size 10",
    "per-class",
  );
  assertRefused(
    () => resolveSettings({ schedule: "cosin" }),
    "Cannot read the schedule cosin: known are constant, cosine, step:EVERY[:FACTOR], " +
      "warmup:COUNT[,SCHEDULE]",
    "schedule",
  );
  assertEquals(resolveSettings({ optimiser: "sgd", momentum: 0.9 }).momentum, 0.9);
});

Deno.test("settings of training leave out what is about files", () => {
  const settings = settingsOf(resolveConfig({ data: "d", method: "stl" }));
  assertEquals("data" in settings || "out" in settings || "features" in settings, false);
  assertEquals(settings, resolveSettings({ method: "stl" }));
});

Deno.test("a changed field is refused with both values, unless it decides nothing", () => {
  const begun = resolveConfig({ data: "d", features: ["a", "b"], beta: 3 });
  const check = (given: Partial<TrainConfig>) => checkUnchanged(given, begun, "runs/x");
  const end = "leave the flag as it was, or choose another run folder";
  assertRefused(
    () => check({ beta: 4 }),
    `Cannot resume runs/x with beta 4: it began with beta 3; ${end}`,
    "beta",
  );
  assertRefused(
    () => check({ features: ["b", "a"] }),
    `Cannot resume runs/x with features b,a: it began with features a,b; ${end}`,
    "features",
  );
  for (const key of KEYS.filter((key) => !["out", "checkpointEvery"].includes(key))) {
    assertThrows(() => check({ [key]: "other" }), ConfigError, configFields[key].flag);
  }
  check({ ...begun, out: "elsewhere", checkpointEvery: 7 });
});

Deno.test("a run goes on with as few betas as it began with", () => {
  const check = (given: Partial<TrainConfig>, method: TrainConfig["method"]) => {
    const begun = resolveConfig({ data: "d", method, beta: 3 });
    checkUnchanged({ method, ...given }, begun, "runs/x");
  };
  check({ beta: 3 }, "l2sp+delta");
  check({ beta: [3, 1] }, "l2sp+delta");
  check({ beta: [3] }, "l2sp");
  assertThrows(
    () => check({ beta: 4 }, "l2sp+delta"),
    ConfigError,
    "Cannot resume runs/x with beta 4,1: it began with beta 3,1",
  );
  assertThrows(
    () => check({ method: "l2sp+delta", beta: [3, 1] }, "l2sp"),
    ConfigError,
    "Cannot resume runs/x with method l2sp+delta: it began with method l2sp",
  );
});
