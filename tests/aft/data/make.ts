/** Small files of every format, for tests. */

import { assertRejects } from "@std/assert";
import { FormatError } from "../../../gpu/errors.ts";
import { encodeSafetensors, type SafeTensorInput } from "../../../nn/safetensors.ts";

/** Runs `action` in a folder that goes afterwards. */
export async function inTempFolder(action: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "aft_data_" });
  try {
    await action(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Writes files by name and gives the folder back. */
export async function write(
  folder: string,
  files: Record<string, string | Uint8Array>,
): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    if (typeof content === "string") await Deno.writeTextFile(`${folder}/${name}`, content);
    else await Deno.writeFile(`${folder}/${name}`, content);
  }
  return folder;
}

/** Asserts that reading is refused with this message, and gives the error back. */
export async function assertBroken(
  action: () => Promise<unknown>,
  message: string,
): Promise<FormatError> {
  return await assertRejects(action, FormatError, message);
}

/** A CIFAR-10 batch: record i has this label and pixel bytes i, i + 1, … */
export function cifarBatch(labels: readonly number[], first = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(labels.length * 3073);
  labels.forEach((label, i) => {
    bytes[i * 3073] = label;
    for (let j = 0; j < 3072; j++) bytes[i * 3073 + 1 + j] = first + i + j;
  });
  return bytes;
}

/** An IDX file. */
export function idx(
  type: number,
  shape: readonly number[],
  data: Uint8Array | readonly number[],
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  bytes.set([0, 0, type, shape.length]);
  const view = new DataView(bytes.buffer);
  shape.forEach((extent, axis) => view.setUint32(4 + 4 * axis, extent));
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}

/** The same bytes, gzipped. */
export async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** An F32 tensor. */
export function f32(shape: number[], values: readonly number[]): SafeTensorInput {
  return { dtype: "F32", shape, values: Float32Array.from(values) };
}

/** An F16 tensor. */
export function f16(shape: number[], values: readonly number[]): SafeTensorInput {
  return { dtype: "F16", shape, values: Float16Array.from(values) };
}

/** An I64 tensor of one axis. */
export function i64(values: readonly number[]): SafeTensorInput {
  return { dtype: "I64", shape: [values.length], values: BigInt64Array.from(values, BigInt) };
}

/** Labelled data with two columns: four training rows and two test rows, with changes. */
export function labelledTensors(
  changes: Record<string, SafeTensorInput | undefined> = {},
  metadata: Record<string, string> = {},
): Uint8Array<ArrayBuffer> {
  const tensors: Record<string, SafeTensorInput | undefined> = {
    "train.inputs": f32([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]),
    "train.labels": i64([0, 1, 1, 0]),
    "test.inputs": f32([2, 2], [9, 10, 11, 12]),
    "test.labels": i64([1, 0]),
    ...changes,
  };
  const present = Object.entries(tensors).filter(([, tensor]) => tensor !== undefined);
  return encodeSafetensors(
    Object.fromEntries(present) as Record<string, SafeTensorInput>,
    metadata,
  );
}
