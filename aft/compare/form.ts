/** Whether what a file of a comparison holds has the form in which it was written. */

/** Says whether a value has a form. */
export type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isBoolean: Check = (value) => typeof value === "boolean";
/** JSON writes null for a number that is not finite. */
const isNumber: Check = (value) => typeof value === "number" || value === null;
const isObject: Check = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function listOf(one: Check, least = 0): Check {
  return (value) => Array.isArray(value) && value.length >= least && value.every(one);
}

/** An object of any names. */
function valuesOf(one: Check): Check {
  return (value) => isObject(value) && Object.values(value as object).every(one);
}

/** An object with these fields, perhaps among others. */
function withFields(fields: Readonly<Record<string, Check>>): Check {
  return (value) =>
    isObject(value) &&
    Object.entries(fields).every(([name, has]) => has((value as Record<string, unknown>)[name]));
}

function optional(one: Check): Check {
  return (value) => value === undefined || one(value);
}

function either(one: Check, other: Check): Check {
  return (value) => one(value) || other(value);
}

const isScore = either(
  withFields({ accuracy: isNumber, loss: isNumber }),
  withFields({ r2: isNumber, loss: isNumber }),
);

const isFinished = withFields({
  ...{ test: isScore, val: optional(isScore), seconds: isNumber, device: isText },
  scales: optional(withFields({ teachers: listOf(withFields({ energyShare: isNumber })) })),
});

const cellRun = { key: isText, seed: isNumber };
const setting = { trainSize: isNumber, teachers: listOf(isText) };

const isCell = withFields({
  ...{ method: isText, setting: withFields({ ...setting, noise: isNumber }) },
  ...{ hasStrength: isBoolean, tune: listOf(withFields({ ...cellRun, beta: isNumber })) },
  final: listOf(withFields({ ...cellRun, beta: isNumber }), 1),
});

/** A {@linkcode RunRecord}. */
export const isRunRecord: Check = withFields({
  ...{ key: isText, config: isObject },
  result: either(withFields({ failed: isText }), isFinished),
});

/** A {@linkcode ProbeRecord}. */
export const isProbeRecord: Check = withFields({ key: isText, test: isScore });

/** A {@linkcode Comparison}. */
export const isComparison: Check = withFields({
  version: (value) => value === 1,
  task: (value) => value === "classification" || value === "regression",
  ...{ classes: isNumber, steps: isNumber, student: isText, data: isText, testRows: isNumber },
  ...{ features: listOf(isText), baseline: optional(isText), columns: valuesOf(isNumber) },
  validation: listOf(withFields({ trainSize: isNumber, rows: isNumber })),
  cells: listOf(isCell, 1),
  probes: listOf(withFields({ ...setting, runs: listOf(withFields(cellRun)) })),
});
