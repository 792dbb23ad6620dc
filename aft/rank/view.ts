/** One set of features with its labels, and what several scores need of it, made once. */

import { centred, type LabelledFeatures, scaleOf } from "./features.ts";
import { scaledClasses } from "./hscore.ts";
import type { Matrix } from "./linear_algebra/matrix.ts";
import { paced } from "../bit_by_bit.ts";
import { type LinearProbe, linearProbe, type ProbeOptions, probeSteps } from "./probe.ts";
import { gramWithMeans, smallGram, type Spectrum, spectrumOf } from "./spectrum.ts";
import { areClasses, presentTargetsOf } from "./targets.ts";

/**
 * Features of one teacher, or of several side by side, as scores look at them.
 *
 * @example One score of features of one's own
 * ```ts
 * import { FeatureView, matrix, teacherScores } from "@aft/aft/aft";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = { features: matrix(4, 1, [-1, -2, 1, 2]), labels: Int32Array.of(0, 0, 1, 1) };
 * const validation = { features: matrix(2, 1, [-3, 3]), labels: Int32Array.of(0, 1) };
 * assertEquals(teacherScores.probe.compute(new FeatureView(rows, validation)), 1);
 * ```
 */
export class FeatureView {
  /** Rows to fit. */
  readonly rows: LabelledFeatures;
  /** Rows to measure on. */
  readonly validation: LabelledFeatures;
  readonly #classes: number | undefined;
  #probe: LinearProbe | undefined;
  #targets: Matrix | undefined;
  #spectrum: Spectrum | undefined;
  #centred: Matrix | undefined;
  #gram: Matrix | undefined;
  #centredSpectrum: Spectrum | undefined;

  /**
   * Puts them together; nothing is computed before it is asked for.
   *
   * @param rows Rows to fit.
   * @param validation Rows to measure on.
   * @param classes Number of classes; undefined for values.
   */
  constructor(rows: LabelledFeatures, validation: LabelledFeatures, classes?: number) {
    this.rows = rows;
    this.validation = validation;
    this.#classes = classes;
  }

  /** Class numbers of the rows to fit, where labels are classes. */
  get classes(): Int32Array<ArrayBuffer> {
    const { labels } = this.rows;
    return areClasses(labels) ? labels : new Int32Array(0);
  }

  /** The linear probe, its strength chosen on the validation rows. */
  get probe(): LinearProbe {
    return this.#probe ??= linearProbe(this.rows, this.#probeOptions);
  }

  /**
   * Fits {@linkcode probe} with moments between its fits, in which events come in.
   *
   * @param signal Stops before the next fit; the probe is then not there yet.
   */
  async fitProbe(signal?: AbortSignal): Promise<void> {
    const fits = paced(probeSteps(this.rows, this.#probeOptions));
    let fit = await fits.next();
    while (!fit.done && !signal?.aborted) fit = await fits.next();
    if (fit.done) this.#probe = fit.value;
  }

  get #probeOptions(): ProbeOptions {
    return { validation: this.validation, classes: this.#classes };
  }

  /** Labels as columns of numbers, one for each class that has rows. */
  get targets(): Matrix {
    return this.#targets ??= presentTargetsOf(this.rows.labels, this.rows.features.rows);
  }

  /** Features as they are, taken apart with {@linkcode targets}. */
  get spectrum(): Spectrum {
    return this.#spectrum ??= this.#spectrumOfRows();
  }

  #spectrumOfRows(): Spectrum {
    const { features } = this.rows;
    const gram = gramWithMeans(this.#centredGram, this.centred, scaleOf(features).mean);
    return spectrumOf(features, this.targets, gram);
  }

  /** Features with the mean of every column taken away. */
  get centred(): Matrix {
    return this.#centred ??= centred(this.rows.features);
  }

  /** Centred features, taken apart with one column a class. */
  get centredSpectrum(): Spectrum {
    return this.#centredSpectrum ??= this.#spectrumOfCentred();
  }

  #spectrumOfCentred(): Spectrum {
    const gram = { ...this.#centredGram, values: this.#centredGram.values.slice() };
    return spectrumOf(this.centred, scaledClasses(this.classes), gram);
  }

  /** Both spectra come from it: it is what takes the time. */
  get #centredGram(): Matrix {
    return this.#gram ??= smallGram(this.centred);
  }
}
