/** One number held against its tolerance. */

/** The largest error of one output of one case. */
export interface Check {
  /** Name of the output. */
  output: string;
  /** Largest |x - reference|; NaN where a value is not a number. */
  error: number;
  /** Largest error that passes. */
  tolerance: number;
  /** Where the error is, and both values. */
  detail: string;
}

/** A case that was run. */
export interface Outcome {
  id: string;
  method: string;
  checks: Check[];
}

/** True where the error is within the tolerance; an error that is not a number is not. */
export function passes({ error, tolerance }: Check): boolean {
  return error <= tolerance;
}

/** How much of its tolerance an error takes up; more than 1 fails. */
export function share({ error, tolerance }: Check): number {
  if (error === 0) return 0;
  return Number.isNaN(error) ? Infinity : error / tolerance;
}

/** The one of two checks that takes up more of its tolerance. */
export function worse(a: Check, b: Check): Check {
  return share(b) > share(a) ? b : a;
}

/** Finds the value that takes up most of its tolerance. */
export function compare(
  output: string,
  values: ArrayLike<number>,
  reference: ArrayLike<number>,
  toleranceOf: number | ((reference: number) => number),
): Check {
  let worst: Check | undefined;
  for (let i = 0; i < reference.length; i++) {
    const error = Math.abs(values[i] - reference[i]);
    const tolerance = typeof toleranceOf === "number" ? toleranceOf : toleranceOf(reference[i]);
    const found = { output, error, tolerance, detail: "" };
    if (worst !== undefined && share(found) <= share(worst)) continue;
    worst = { ...found, detail: `element ${i} is ${values[i]}, the reference ${reference[i]}` };
  }
  return worst!;
}

/** For outputs of which nothing else can be asked. */
export function finite(output: string, values: ArrayLike<number>): Check {
  const at = Array.from(values).findIndex((value) => !Number.isFinite(value));
  const detail = at < 0 ? "" : `${output}, element ${at} is ${values[at]}`;
  return { output: "finite", error: at < 0 ? 0 : NaN, tolerance: 0, detail };
}
