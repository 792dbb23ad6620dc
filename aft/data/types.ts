/** What data looks like once it was read and checked. */

/** The formats of labelled data. */
export type DataFormat = "safetensors" | "idx" | "cifar10" | "csv" | "jsonl" | "images";

/** What labels mean: numbers of classes, or values to be predicted. */
export type TaskKind = "classification" | "regression";

/** How a row's numbers belong together: pixels in channels, columns, or token ids in their order. */
export type InputLayout = "image" | "table" | "tokens";

/** Numbers of inputs as files hold them: floats, integers of 32 bits, or pixels in bytes. */
export type Inputs =
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

/** The token ids that inputs are made of. */
export interface Vocabulary {
  /** Number of ids, which count from 0; 0 is padding. */
  readonly size: number;
  /** What the ids from 2 stand for, where inputs are sentences; 1 is a word that is not among them. */
  readonly words?: readonly string[];
}

/** Rows for one purpose. */
export interface Split {
  /** Number of rows. */
  rows: number;
  /**
   * rows x product(inputShape) numbers, row-major, images as channel, line, column. Pixels stored
   * as bytes stay bytes from 0 to 255, tables of integers stay integers. May be a view of the file's bytes: do not write into it.
   */
  inputs: Inputs;
  /** One label a row: class numbers for classification, values for regression; empty without labels. */
  labels: Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  /** False where the rows came without labels. */
  labelled: boolean;
}

/** What every split of a data set has in common; also what a trained model asks of new rows. */
export interface DataShape {
  /** Extents of one row: `[3, 32, 32]`, `[1, 28, 28]`, `[75]`. */
  inputShape: readonly number[];
  /** Pixels in channels, columns, or token ids. */
  layout: InputLayout;
  /** What the labels mean. */
  task: TaskKind;
  /** Names of the classes, in the order of their numbers; empty for regression. */
  classes: readonly string[];
  /** Names of the input columns, in order, where the file has them (CSV). */
  columns?: readonly string[];
  /** Name of the label's column, where it has one (CSV). */
  label?: string;
  /** Name of the column of sentences, where inputs are those (CSV, JSON lines). */
  text?: string;
  /** Which token ids there are, where inputs are those. */
  vocabulary?: Vocabulary;
}

/** The rows of one file that was cut in two. */
export interface CutRows {
  /** Rows of the file that became training rows, ascending. */
  train: Uint32Array<ArrayBuffer>;
  /** Rows of the file that became test rows, ascending. */
  test: Uint32Array<ArrayBuffer>;
}

/** Labelled data, checked: shapes agree, numbers are finite, labels are in range. */
export interface Dataset extends DataShape {
  /** Path as it was given. */
  path: string;
  /** Format that was found, or asked for. */
  format: DataFormat;
  /** The rows by purpose. */
  splits: {
    /** Rows to learn from. */
    train: Split;
    /** Rows to measure on, and for nothing else. */
    test: Split;
    /** Rows to choose by, where the files bring their own. */
    val?: Split;
  };
  /** Every file that was read, in order. */
  files: string[];
  /** Which rows of the file each split took, where one file was cut by `testSize`. */
  cut?: CutRows;
}

/** A teacher's features of one split, in the order of the data's rows. */
export interface FeatureSplit {
  /** Number of rows. */
  rows: number;
  /** Number of columns. */
  columns: number;
  /**
   * rows x columns values, row-major; half precision stays as bits. May be a view of the file's
   * bytes: do not write into it.
   */
  values: Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;
  /** Single precision, or the bits of half precision. */
  dtype: "f32" | "f16";
}

/** Options of reading data. */
export interface DatasetOptions {
  /** The format, where content and names must not decide. */
  format?: DataFormat;
  /**
   * How many rows of a file without test rows become the test split: a number of rows, or a
   * fraction between 0 and 1.
   */
  testSize?: number;
  /**
   * Seed of that cut; default 0. Leave it alone while other seeds change, so that every run is
   * measured on the same rows and features that were cached by split keep fitting.
   */
  seed?: number;
  /**
   * What the labels mean. By default integers and words are classes; labels stored as floats, and
   * CSV labels of which any has a fraction, are values.
   */
  task?: TaskKind;
  /** Name of the label's column in tables; by default `label`, or else the last column. */
  label?: string;
  /** Name of the column of sentences in tables; by default `text` or `sentence`, where there is one. */
  text?: string;
  /** Longest sentence, in words, from 1; default 128. What is behind is left out. */
  tokens?: number;
  /**
   * Height and width that images of a folder are brought to: the square in their middle, made
   * smaller or larger. By default all have one size, and keep it.
   */
  imageSize?: number;
}
