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
