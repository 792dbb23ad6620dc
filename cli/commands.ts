/** The table of commands. */

import type { Command } from "./command.ts";
import { compare } from "./compare.ts";
import { demo } from "./demo.ts";
import { doctor } from "./doctor.ts";
import { evaluate } from "./eval.ts";
import { exportCommand } from "./export.ts";
import { inspect } from "./inspect.ts";
import { methodsCommand } from "./methods.ts";
import { predict } from "./predict.ts";
import { rank } from "./rank.ts";
import { train } from "./train.ts";

/** Every command, in the order of the help text. */
export const commands: readonly Command[] = [
  demo,
  methodsCommand,
  rank,
  train,
  compare,
  evaluate,
  predict,
  exportCommand,
  inspect,
  doctor,
];
