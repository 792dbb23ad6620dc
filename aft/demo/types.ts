/** What the demonstration is asked and what it says. */

/** Options of the demonstration. */
export interface DemoOptions {
  /** Folder for everything it writes; files of the same names are replaced. */
  readonly out: string;
  /** Students of each method, an integer from 1 to 20; default 3. */
  readonly seeds?: number;
  /** Trains far too little, in a few seconds, to see that everything works; default false. */
  readonly quick?: boolean;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/** A teacher, and what it turned out to know. */
export interface DemoTeacher {
  /** Its name. */
  readonly name: string;
  /** Columns of its features. */
  readonly columns: number;
  /** What it was taught, in a sentence. */
  readonly summary: string;
  /** Share of test images for which it says its own label; for noise there is no right label. */
  readonly accuracy: number | null;
  /**
   * Share of test images whose class a very plain reader of its features finds: the class whose
   * mean over the student's labelled images is nearest.
   */
  readonly probe: number;
}

/** One method over all seeds. */
export interface DemoRow {
  /** Its name. */
  readonly method: string;
  /** Its strength. */
  readonly beta: number;
  /** Test accuracy of each seed's student. */
  readonly accuracies: readonly number[];
  /** Their mean. */
  readonly mean: number;
  /** Their standard deviation over seeds (divided by one less than their number); null for one. */
  readonly deviation: number | null;
  /** Mean cross-entropy on the test images. */
  readonly loss: number;
}

/** A strength that was tried. */
export interface DemoTrial {
  /** The method. */
  readonly method: string;
  /** The strength. */
  readonly beta: number;
  /** Cross-entropy on the validation images, by which the strength is chosen. */
  readonly loss: number;
}

/** Where the scales of aft have put their weight. */
export interface DemoEnergy {
  /** Teacher. */
  readonly name: string;
  /** Its share of the columns. */
  readonly columnShare: number;
  /** Its share of rho's energy, mean over the seeds. */
  readonly share: number;
}

/** What was made, for a line about the task. */
export interface DemoTask {
  /** The task in plain sentences. */
  readonly text: string;
  /** Why the numbers must not be believed, where that is so. */
  readonly warning?: string;
  /** Its sizes. */
  readonly images: {
    /** Extents of an image. */
    readonly shape: readonly number[];
    /** Names of the classes. */
    readonly classes: readonly string[];
    /** Images that only the teachers learn from. */
    readonly teaching: number;
    /** Images in the data file to draw labelled ones from. */
    readonly train: number;
    /** Labelled images a student learns from. */
    readonly labelled: number;
    /** Images to choose beta by. */
    readonly validation: number;
    /** Images to test on. */
    readonly test: number;
  };
}

/** How it ended. */
export interface DemoResult {
  /** What was made. */
  readonly task: DemoTask;
  /** One row for each method: stl, kd, aft. */
  readonly table: readonly DemoRow[];
  /** Strengths that were tried. */
  readonly trials: readonly DemoTrial[];
  /** Energy of rho by teacher. */
  readonly energy: readonly DemoEnergy[];
  /** The teachers. */
  readonly teachers: readonly DemoTeacher[];
  /** The plain reader of {@linkcode DemoTeacher.probe}, given the pixels. */
  readonly pixels: number;
  /** What the numbers say, in sentences that follow them. */
  readonly verdict: readonly string[];
  /** Path of the report. */
  readonly report: string;
  /** Path of the labelled images. */
  readonly data: string;
  /** Paths of the teachers' features. */
  readonly features: readonly string[];
  /** Path of a trained student: aft, first seed. */
  readonly checkpoint: string;
  /** A command that trains that student again, from the files. */
  readonly command: string;
  /** How long all of it took. */
  readonly seconds: number;
}

/** What the demonstration says while it goes on. */
export type DemoProgress =
  | { readonly event: "task" } & DemoTask
  | { readonly event: "teacher"; readonly teacher: DemoTeacher; readonly seconds: number }
  | { readonly event: "files"; readonly data: string; readonly features: readonly string[] }
  | {
    readonly event: "progress";
    /** What is being done. */
    readonly text: string;
    /** Steps of training done, of all that there will be. */
    readonly done: number;
    /** All steps. */
    readonly total: number;
  }
  | {
    readonly event: "run";
    readonly method: string;
    readonly beta: number;
    readonly seed: number;
    readonly accuracy: number;
    readonly loss: number;
    readonly seconds: number;
  }
  | { readonly event: "interrupted" }
  | { readonly event: "done" } & DemoResult;
