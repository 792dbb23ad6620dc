/** Students that take images. */

import { ConfigError } from "../../gpu/errors.ts";
import { showShape } from "../../gpu/shape.ts";

/** Channels, rows and columns of one input; grey images may come without their channel. */
export function imageOf(
  student: string,
  inputShape: readonly number[],
): readonly [number, number, number] {
  if (inputShape.length === 3) return [inputShape[0], inputShape[1], inputShape[2]];
  if (inputShape.length === 2) return [1, inputShape[0], inputShape[1]];
  throw new ConfigError(
    `Cannot make the student ${student} for inputs ${showShape(inputShape)}: it takes images ` +
      "[channels, rows, columns] or [rows, columns]",
    { field: "student", value: student },
  );
}
