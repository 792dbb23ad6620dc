/** Why a value is written to memory instead of melting into the kernel that reads it. */

/**
 * What made a kernel end:
 * - `output`: the value is asked for;
 * - `update`: it is written over its variable;
 * - `copy`: it replaces a variable that other kernels still read, so it is computed aside;
 * - `packed`: it fills its range of a buffer for many;
 * - `operand`: a product, or another kernel that finds elements by strides, reads it;
 * - `shared`: several kernels read it, and it costs too much to compute in each;
 * - `readers`: a kernel's own result that several ops read;
 * - `reader`: a kernel's own result whose reader does not take it element by element;
 * - `bindings`: its reader would bind more buffers than a kernel may;
 * - `length`: its reader's expression would grow too long;
 * - `unfused`: planned with fusion off.
 */
export type BoundaryKind =
  | "output"
  | "update"
  | "copy"
  | "packed"
  | "operand"
  | "shared"
  | "readers"
  | "reader"
  | "bindings"
  | "length"
  | "unfused";

/** Why a kernel ends where it does. */
export interface Boundary {
  /** The rule that ended it. */
  readonly kind: BoundaryKind | "source";
  /** The same in words, with the ops that take part. */
  readonly reason: string;
}
