/**
 * The demonstration: a small artificial task on which the methods can be compared in a minute.
 *
 * @module
 */

export { runDemo } from "./demo.ts";
export { formatDemo } from "./text.ts";
export type {
  DemoEnergy,
  DemoOptions,
  DemoProgress,
  DemoResult,
  DemoRow,
  DemoTask,
  DemoTeacher,
  DemoTrial,
} from "./types.ts";
