/** What explains a {@link ShapeError}. */
export interface ShapeErrorOptions extends ErrorOptions {
  /** The shapes that do not fit together, in the order in which the message names them. */
  shapes?: readonly (readonly number[])[];
}

/** What explains a {@link GpuError}. */
export interface GpuErrorOptions extends ErrorOptions {
  /** Name of the kernel that failed, where one did. */
  kernel?: string;
}

/** What explains a {@link FormatError}. */
export interface FormatErrorOptions extends ErrorOptions {
  /** Path or name of the file that is not as it should be. */
  file?: string;
  /** Where in the file: a tensor, a row, a column, a header field. */
  place?: string;
}

/** What explains a {@link ConfigError}. */
export interface ConfigErrorOptions extends ErrorOptions {
  /** The option that was refused, spelled as on the command line: `train-size`. */
  field?: string;
  /** The value that was refused. */
  value?: unknown;
}

/**
 * Says that shapes do not fit an operation.
 *
 * @example The shapes travel with the error
 * ```ts
 * import { ShapeError } from "@aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new ShapeError(
 *   "Cannot multiply [128, 64] by [32, 10]: inner dimensions are 64 and 32",
 *   { shapes: [[128, 64], [32, 10]] },
 * );
 * assertEquals(error.shapes, [[128, 64], [32, 10]]);
 * ```
 */
export class ShapeError extends TypeError {
  // On the prototype, not on the instance: the first line of a stack is written while the base
  // class constructs, before the fields of this one exist.
  static {
    this.prototype.name = "ShapeError";
  }

  /** The shapes that do not fit together; empty where none were given. */
  readonly shapes: readonly (readonly number[])[];

  /**
   * Makes the error.
   *
   * @param message The action that failed, then the values.
   * @param options The shapes, and the cause where there is one.
   */
  constructor(message: string, options: ShapeErrorOptions = {}) {
    super(message, causeOf(options));
    this.shapes = options.shapes ?? [];
  }
}

/**
 * Says that the GPU cannot do what was asked: no adapter, a lost device, no memory, a kernel that
 * does not compile.
 *
 * @example The kernel's name travels with the error
 * ```ts
 * import { GpuError } from "@aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new GpuError("Cannot compile kernel add: unknown identifier", { kernel: "add" });
 * assertEquals(error.kernel, "add");
 * ```
 */
export class GpuError extends Error {
  static {
    this.prototype.name = "GpuError";
  }

  /** Name of the kernel that failed; undefined where the mistake belongs to none. */
  readonly kernel: string | undefined;

  /**
   * Makes the error.
   *
   * @param message The action that failed, then the values and what to do.
   * @param options The kernel, and the cause where there is one.
   */
  constructor(message: string, options: GpuErrorOptions = {}) {
    super(message, causeOf(options));
    this.kernel = options.kernel;
  }
}

/**
 * Says that bytes are not what their format asks for.
 *
 * @example File and place travel with the error
 * ```ts
 * import { FormatError } from "@aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new FormatError("Cannot read t.safetensors: tensor train holds NaN at row 3", {
 *   file: "t.safetensors",
 *   place: "train, row 3",
 * });
 * assertEquals([error.file, error.place], ["t.safetensors", "train, row 3"]);
 * ```
 */
export class FormatError extends SyntaxError {
  static {
    this.prototype.name = "FormatError";
  }

  /** Path or name of the file; undefined where the bytes came from none. */
  readonly file: string | undefined;
  /** Where in the file; undefined where the whole file is meant. */
  readonly place: string | undefined;

  /**
   * Makes the error.
   *
   * @param message The action that failed, then the values.
   * @param options File and place, and the cause where there is one.
   */
  constructor(message: string, options: FormatErrorOptions = {}) {
    super(message, causeOf(options));
    this.file = options.file;
    this.place = options.place;
  }
}

/**
 * Says that an option's value is outside its range or contradicts another.
 *
 * @example Field and value travel with the error
 * ```ts
 * import { ConfigError } from "@aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new ConfigError("Cannot train with beta -1: beta must be 0 or more", {
 *   field: "beta",
 *   value: -1,
 * });
 * assertEquals([error.field, error.value], ["beta", -1]);
 * ```
 */
export class ConfigError extends RangeError {
  static {
    this.prototype.name = "ConfigError";
  }

  /** The option that was refused; undefined where no single one is. */
  readonly field: string | undefined;
  /** The value that was refused. */
  readonly value: unknown;

  /**
   * Makes the error.
   *
   * @param message The action that failed, then the value and the range.
   * @param options Field and value, and the cause where there is one.
   */
  constructor(message: string, options: ConfigErrorOptions = {}) {
    super(message, causeOf(options));
    this.field = options.field;
    this.value = options.value;
  }
}

/** An absent cause stays absent: `{ cause: undefined }` would print as a cause. */
function causeOf(options: ErrorOptions): ErrorOptions | undefined {
  return "cause" in options ? { cause: options.cause } : undefined;
}
