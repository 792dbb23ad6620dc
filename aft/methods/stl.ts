/** Learning from labels alone: what every other method has to beat. */

import type { Method } from "./method.ts";

/** Single-task learning: the task loss and nothing else. */
export const stl: Method = {
  name: "stl",
  summary: "labels alone, no teacher: the baseline",
  formula: "0",
  source: "the baseline of arXiv 2406.07337",
  learns: "nothing",
  beta: 0,
  usesTeachers: false,
  options: [],
  create: () => undefined,
};
