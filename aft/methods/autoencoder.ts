/** The auto-encoder of factor transfer: short codes of teacher features, learned before training. */

import {
  permutationOf,
  relu,
  submit,
  type Tensor,
  tensor,
  valueAndGrad,
  type Variable,
  variable,
} from "../../gpu/mod.ts";
import { Adam, deriveSeed, Linear, meanSquaredError, Module, Sequential } from "../../nn/mod.ts";
import type { WorkStep } from "../bit_by_bit.ts";
import type { Preparation } from "./preparation.ts";

/** Rows of a batch at most. */
const BATCH = 1024;
/** Passes without a smaller error on the held-out rows after which training ends. */
const PATIENCE = 10;
/** Adam's learning rate. */
const RATE = 3e-4;
/** One row in so many is held out, at most a batch of them. */
const HELD_OUT = 10;

/** Columns of a code: half of the teacher's, at least one. */
export function codeColumns(columns: number): number {
  return Math.max(1, Math.floor(columns / 2));
}

/** d -> d -> d/2 -> d/2, with a ReLU after each. */
export function encoderOf(columns: number, seed: number): Sequential {
  const code = codeColumns(columns);
  return chain([columns, columns, code, code], seed, true);
}

/** d/2 -> d/2 -> d -> d, with a ReLU between two. */
function decoderOf(columns: number, seed: number): Sequential {
  const code = codeColumns(columns);
  return chain([code, code, columns, columns], seed, false);
}

function chain(widths: readonly number[], seed: number, endsInRelu: boolean): Sequential {
  const layers = widths.slice(1).flatMap((outputs, i) => [
    new Linear(widths[i], outputs, { seed: deriveSeed(seed, i) }),
    relu,
  ]);
  return new Sequential(endsInRelu ? layers : layers.slice(0, -1));
}

/** Encoder and decoder. */
class Autoencoder extends Module {
  readonly encoder: Sequential;
  readonly decoder: Sequential;

  constructor(columns: number, seed: number) {
    super();
    this.encoder = encoderOf(columns, deriveSeed(seed, "encoder"));
    this.decoder = decoderOf(columns, deriveSeed(seed, "decoder"));
  }

  /** Mean squared error of rows that went through the code. */
  error(psi: Tensor): Tensor {
    return meanSquaredError(this.decoder.forward(this.encoder.forward(psi)), psi);
  }
}

/** An epoch of the auto-encoder is over. */
export interface CodeEpoch extends WorkStep {
  /** Mean squared error on the held-out rows. */
  readonly error: number;
}

/**
 * Trains an encoder together with a decoder that is thrown away: mean squared error, Adam at 3e-4,
 * batches of at most 1,024 rows. One training row in ten is held out: training ends when the error
 * on those has not fallen for ten epochs, and the encoder of the least error is kept. The test split
 * decides nothing.
 *
 * @param encoder What is set: {@linkcode encoderOf} the teacher's columns.
 * @param rows The training rows in use; their seed decides start values and the order of rows.
 * @param options Epochs at most, and rows of a batch at most.
 */
export async function* trainEncoder(
  encoder: Sequential,
  rows: Preparation,
  { most, batch = BATCH }: { most: number; batch?: number },
): AsyncGenerator<CodeEpoch> {
  const { kept, held } = heldOut(rows);
  const unseen = matrixOf(rows, held);
  const trained = new Autoencoder(unseen.shape[1], rows.seed);
  const epochs = new Epochs(trained, rows, { kept, most: batch });
  let [least, waited] = [Infinity, 0];
  for (let done = 1; done <= most && waited < PATIENCE; done++) {
    epochs.run(done);
    const error = await trained.error(unseen).item();
    waited = error < least ? 0 : waited + 1;
    if (waited === 0) {
      least = error;
      copy(trained.encoder, encoder);
    }
    yield { done, of: most, error };
  }
}

/** Which rows are learned from and which are watched; a single row is both. */
function heldOut({ rows, seed }: Preparation): Record<"kept" | "held", Uint32Array<ArrayBuffer>> {
  const order = permutationOf(rows, { seed: deriveSeed(seed, "held out") });
  if (rows === 1) return { kept: order, held: order };
  const count = Math.min(BATCH, Math.ceil(rows / HELD_OUT));
  return { kept: order.slice(count), held: order.slice(0, count) };
}

function matrixOf(rows: Preparation, positions: Uint32Array): Tensor {
  const values = rows.teacher(positions);
  return tensor(values, { shape: [positions.length, values.length / positions.length] });
}

/** Passes over the rows in batches of equal size, in a new order each; what is over sits one out. */
class Epochs {
  readonly #rows: Preparation;
  readonly #kept: Uint32Array<ArrayBuffer>;
  readonly #batches: number;
  readonly #batch: Variable;
  readonly #step: () => void;

  constructor(
    model: Autoencoder,
    rows: Preparation,
    { kept, most }: { kept: Uint32Array<ArrayBuffer>; most: number },
  ) {
    this.#rows = rows;
    this.#kept = kept;
    this.#batches = Math.ceil(kept.length / most);
    const size = Math.floor(kept.length / this.#batches);
    const batch = variable(matrixOf(rows, kept.subarray(0, size)));
    const optimiser = new Adam(model, { rate: RATE });
    const slope = valueAndGrad((_: Record<string, Variable>) => model.error(batch));
    this.#batch = batch;
    this.#step = () => {
      optimiser.step(slope(model.parameters()).grads);
      submit();
    };
  }

  run(epoch: number): void {
    // One batch holds all rows: they are there already, and their order makes no difference.
    if (this.#batches === 1) return this.#step();
    const [size] = this.#batch.shape;
    const seed = deriveSeed(this.#rows.seed, "order");
    const order = permutationOf(this.#kept.length, { seed, stream: epoch });
    for (let i = 0; i < this.#batches; i++) {
      const places = order.subarray(i * size, (i + 1) * size);
      this.#batch.write(this.#rows.teacher(places.map((place) => this.#kept[place])));
      this.#step();
    }
  }
}

function copy(from: Sequential, to: Sequential): void {
  const target = to.parameters();
  for (const [name, value] of Object.entries(from.parameters())) target[name].assign(value);
  submit();
}
