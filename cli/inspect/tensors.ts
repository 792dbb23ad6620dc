/** What a safetensors file of any other kind holds, such as weights. */

import type { SafetensorsHeader } from "../../nn/safetensors_header.ts";
import { count, shape, table } from "../format.ts";
import type { Finding } from "./finding.ts";

/**
 * Lists the tensors of a safetensors file.
 *
 * @param header Its header.
 * @returns What it holds.
 */
export function inspectTensors({ entries, metadata }: SafetensorsHeader): Finding {
  const tensors = [...entries].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  const numbers = tensors.reduce((total, { shape }) => total + sizeOf(shape), 0);
  return {
    kind: "tensors",
    facts: { tensors, numbers, metadata },
    print(output) {
      output.field(
        "Tensors",
        `${count(tensors.length, "tensor")} with ${count(numbers, "number")}, neither data, ` +
          "features nor a checkpoint",
      );
      const rows = tensors.map(({ name, dtype, shape: extents }) => [name, dtype, shape(extents)]);
      if (rows.length > 0) {
        for (const line of table([["name", "type", "shape"], ...rows], 3)) output.line(`  ${line}`);
      }
      for (const [key, value] of Object.entries(metadata)) output.field("Note", `${key}: ${value}`);
    },
  };
}

/** Number of elements of a shape. */
export function sizeOf(extents: readonly number[]): number {
  return extents.reduce((a, b) => a * b, 1);
}
