/** Element types of tensors and what each is on the host and in WGSL. */

/** Element type of a tensor. `f16` is for storage: it is read, and computed with, as f32. */
export type DType = "f32" | "f16" | "i32" | "u32" | "bool";

/** Largest number that an f32 holds. */
export const LARGEST = 3.4028234663852886e38;

/** Host arrays that hold tensor values. */
export type TypedArray =
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

/** Type of a value inside a kernel. */
export type ScalarType = "f32" | "i32" | "u32" | "bool";

/** Type that a value of `dtype` has inside a kernel. */
export function scalarType(dtype: DType): ScalarType {
  return dtype === "f16" ? "f32" : dtype;
}

/** Type of one array element in a storage buffer; booleans and pairs of halves are words. */
export function storageType(dtype: DType): "f32" | "i32" | "u32" {
  return dtype === "f16" || dtype === "bool" ? "u32" : dtype;
}

/** Bytes that `size` elements take in a buffer, rounded up to whole words. */
export function byteLength(dtype: DType, size: number): number {
  return dtype === "f16" ? 4 * Math.ceil(size / 2) : 4 * size;
}

/** True for the types that carry gradients. */
export function isFloat(dtype: DType): boolean {
  return dtype === "f32" || dtype === "f16";
}

/** True for the kind of host array that holds elements of `dtype`. */
export function holdsType(values: ArrayBufferView, dtype: DType): boolean {
  switch (dtype) {
    case "f32":
      return values instanceof Float32Array;
    case "i32":
      return values instanceof Int32Array;
    case "u32":
      return values instanceof Uint32Array;
    case "bool":
      return values instanceof Uint8Array;
    case "f16":
      return values instanceof Uint16Array || values instanceof Float16Array;
  }
}

/** The words of a buffer that holds `values`, in the layout kernels read. */
export function toWords(values: ArrayBufferView, dtype: DType): ArrayBufferView<ArrayBuffer> {
  if (dtype === "bool") return Uint32Array.from(values as Uint8Array, (v) => v ? 1 : 0);
  if (dtype === "f16" && values.byteLength % 4 !== 0) {
    const padded = new Uint8Array(values.byteLength + 2);
    padded.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return padded;
  }
  return values as ArrayBufferView<ArrayBuffer>;
}

/** Host values of `size` elements from the bytes of a buffer. */
export function fromWords(bytes: ArrayBuffer, dtype: DType, size: number): TypedArray {
  switch (dtype) {
    case "f32":
      return new Float32Array(bytes, 0, size);
    case "i32":
      return new Int32Array(bytes, 0, size);
    case "u32":
      return new Uint32Array(bytes, 0, size);
    case "bool":
      return Uint8Array.from(new Uint32Array(bytes, 0, size));
    case "f16":
      return Float32Array.from(new Float16Array(bytes, 0, size));
  }
}
