/** Trained weights in a file of their own, for use anywhere. */

import { encodeSafetensors, type SafeTensorInput } from "../nn/mod.ts";
import { readCheckpoint, weightsOf } from "./checkpoint.ts";
import { writeAtomic } from "./files.ts";
import type { NamedShape } from "./start_weights.ts";

/** What was exported. */
export interface ExportedWeights {
  /** The student, such as `mlp:128,128`. */
  readonly student: string;
  /** Step of the checkpoint. */
  readonly step: number;
  /** Names and extents of the weights. */
  readonly weights: readonly NamedShape[];
}

/**
 * Writes the weights of a checkpoint's student as safetensors in f32: averaged where the run averaged
 * them, changes of low rank worked in, running statistics of batch norms beside them. The metadata
 * name the student and hold as JSON its classes and the scales of inputs (and of values) that it was
 * trained with, `{ "mean": [...], "deviation": [...] }` per channel or column; in place of inputs' scale
 * a student of text has its vocabulary, `{ "size": ..., "words": [...] }`. `init` takes such a file. No GPU is needed.
 *
 * @param checkpoint Checkpoint file.
 * @param out The file to write, which replaces an older one as a whole.
 * @returns What was written.
 * @throws {FormatError} If the checkpoint is none, or damaged.
 * @throws {Deno.errors.NotFound} If a file or folder is missing; the path is in the message.
 *
 * @example
 * ```ts
 * import { exportWeights, readBytes, train, writeAtomic } from "@aft/aft/aft";
 * import { decodeSafetensors } from "@aft/aft/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * for (const name of ["train", "test"]) {
 *   await writeAtomic(`${folder}/${name}.csv`, "size,label\n1,low\n2,low\n8,high\n9,high\n");
 * }
 * const config = { data: folder, method: "stl", student: "mlp:4", lora: 2, steps: 2 } as const;
 * for await (const _progress of train({ ...config, out: `${folder}/run` }));
 *
 * const out = `${folder}/weights.safetensors`;
 * await exportWeights(`${folder}/run/checkpoint.safetensors`, out);
 * const { tensors, metadata } = decodeSafetensors(await readBytes(out), out);
 * assertEquals(tensors.get("layers.0.weight")?.shape, [4, 1]);
 * assertEquals([tensors.size, metadata.student], [4, "mlp:4"]);
 * ```
 */
export async function exportWeights(checkpoint: string, out: string): Promise<ExportedWeights> {
  const saved = await readCheckpoint(checkpoint);
  const { step, config: { student }, data: { classes, vocabulary }, scaling } = saved;
  const { inputs, labels } = scaling;
  const weights = Object.entries(weightsOf(saved));
  const tensors: Record<string, SafeTensorInput> = Object.fromEntries(
    weights.map(([name, { shape, values }]) => {
      return [name, { dtype: "F32", shape, values: Float32Array.from(values) }];
    }),
  );
  const taken = vocabulary ? { vocabulary } : { inputs };
  const notes = Object.entries({ classes, ...taken, ...labels && { labels } });
  const texts = notes.map(([name, note]) => [name, JSON.stringify(note)]);
  await writeAtomic(out, encodeSafetensors(tensors, { student, ...Object.fromEntries(texts) }));
  return { student, step, weights: weights.map(([name, { shape }]) => ({ name, shape })) };
}
