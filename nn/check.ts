/** Checks of options, with the messages that name them. */

import { ConfigError } from "../gpu/errors.ts";

/** Refuses a value of an option that `holds` is false for. */
export function checkOption(
  action: string,
  field: string,
  value: number,
  range: string,
  holds: boolean,
): void {
  if (holds) return;
  throw new ConfigError(`Cannot ${action} with ${field} ${value}: ${field} must be ${range}`, {
    field,
    value,
  });
}

/** Refuses a size that is not an integer from 1. */
export function checkSize(action: string, field: string, value: number): void {
  checkOption(action, field, value, "an integer from 1", Number.isInteger(value) && value >= 1);
}

/** Refuses a number below 0, and what is not finite. */
export function checkNotNegative(action: string, field: string, value: number): void {
  checkOption(action, field, value, "a number from 0", Number.isFinite(value) && value >= 0);
}

/** Smallest number that devices keep apart from 0. */
const SMALLEST = 2 ** -126;

/** Refuses a guard against division by 0 that is 0 to the device. */
export function checkEpsilon(action: string, value: number): void {
  const holds = Number.isFinite(value) && value >= SMALLEST;
  checkOption(action, "epsilon", value, "a number from 1.2e-38", holds);
}
