/** Which method of this package a golden method is. One entry makes its cases and trajectories run. */

import {
  add,
  matmul,
  mul,
  sigmoid,
  similarity,
  similarityGapFromOps,
  slice,
  type Tensor,
} from "../../gpu/mod.ts";
import { matrix } from "../../aft/mod.ts";
import { type Heads, writeHeads } from "../../aft/methods/btune.ts";
import { translation } from "../../aft/methods/ft.ts";
import { methods } from "../../aft/methods/mod.ts";
import type { MethodShape, Regulariser } from "../../aft/methods/method.ts";
import { type MethodOptions, optionDefaults } from "../../aft/methods/options.ts";
import { similarityOf } from "../../aft/methods/similarity.ts";
import { type Check, compare } from "./check.ts";
import type { CaseFile } from "./form.ts";

/** Sizes of a case. */
export interface GoldenShape extends MethodShape {
  blocks: readonly number[];
  /** Whether the teachers' features are multiplied with each other. */
  tensorProduct: boolean;
}

/** A golden method in the words of this package. */
export interface GoldenMethod {
  /** Makes the method, with what it holds fixed; undefined for one without a loss. */
  create: (shape: GoldenShape, file: CaseFile) => Regulariser | undefined;
  /** Whether it knows tensor products of teachers. */
  multiplies?: boolean;
  /** Our name of each golden parameter. */
  names: Readonly<Record<string, string>>;
  /** Golden parameters that runs do not compare: their true gradient is 0, steps are noise. */
  unseen?: readonly string[];
  /** Other outputs than loss and gradients. */
  outputs?: (seen: Seen) => Record<string, Tensor>;
  /** What it holds fixed, held against the file where there is something to compare. */
  fixed?: (file: CaseFile, variables: Variables) => Promise<Check[]>;
  /** The loss in plain ops, where the method has kernels of its own; undefined where it has none. */
  plain?: (seen: Seen) => Tensor | undefined;
}

/** Parameters and constants of a method, by our names. */
export type Variables = Readonly<Record<string, Tensor>>;

/** What a case computes from. */
export interface Seen {
  phi: Tensor;
  psi: Tensor;
  variables: Variables;
  shape: GoldenShape;
}

/** Similarities of a form of aft that weighs columns by sigmoid(s). */
function similarities(given: MethodOptions): NonNullable<GoldenMethod["outputs"]> {
  const options = { ...optionDefaults, ...given };
  return ({ phi, psi, variables: { s }, shape }) => {
    const target = mul(psi, sigmoid(s));
    const blocks = shape.tensorProduct ? columnsOf(target, shape.blocks) : [target];
    return { k5: similarityOf([phi], options), k_target5: similarityOf(blocks, options) };
  };
}

function columnsOf(x: Tensor, blocks: readonly number[]): Tensor[] {
  let start = 0;
  return blocks.map((columns) => slice(x, [0, start], [x.shape[0], start += columns]));
}

/** A form of aft with scales. */
function scaled(options: MethodOptions): GoldenMethod {
  return {
    create: (shape) => {
      const { tensorProduct } = shape;
      return methods.aft.create(shape, { ...options, tensorProduct });
    },
    multiplies: true,
    names: { s: "s" },
    outputs: similarities(options),
  };
}

const plainGap: GoldenMethod["plain"] = ({ phi, psi, variables: { s }, shape }) =>
  shape.tensorProduct ? undefined : similarityGapFromOps(phi, psi, sigmoid(s));
const map = { "proj.weight": "map.weight", "proj.bias": "map.bias" };

/** Every golden method by its golden name. */
export const goldenMethods: Readonly<Record<string, GoldenMethod>> = {
  stl: { create: () => undefined, names: {} },
  aft: { ...scaled({}), plain: plainGap },
  aft_w_o_rho: { ...scaled({ rho: "fixed" }), plain: plainGap },
  aft_rbf: scaled({ kernel: "rbf" }),
  aft_dense: {
    create: (shape) => methods.aft.create(shape, { rho: "dense" }),
    names: { s: "s" },
    outputs: ({ phi, psi, variables: { s } }) => ({
      k5: similarity(phi),
      k_target5: similarity(matmul(psi, s)),
    }),
  },
  aft_no_kernel: {
    create: (shape) => methods.aft.create(shape, { kernel: "none" }),
    names: map,
    unseen: ["proj.bias"],
  },
  kd: { create: (shape) => methods.kd.create(shape), names: map },
  kkd: {
    create: (shape) => methods.kkd.create(shape),
    names: map,
    unseen: ["proj.bias"],
    outputs: ({ phi, psi, variables }) => ({
      k5: similarity(mapped(phi, variables)),
      k_target5: similarity(psi),
    }),
  },
  rkd: { create: (shape) => methods.rkd.create(shape), names: {} },
  ft: { // the file has codes in place of teacher features
    create: ({ features, teacher, seed }) =>
      translation({ features, code: teacher, seed }, (codes) => codes),
    names: Object.fromEntries(
      [0, 2, 4].flatMap((layer) =>
        ["weight", "bias"].map((part) =>
          [`proj.${layer}.${part}`, `translator.layers.${layer}.${part}`] as const
        )
      ),
    ),
  },
  btune: {
    create: (shape, file) => {
      const [outputs] = file.shape("in.downstream_mu");
      const regulariser = methods.btune.create({ ...shape, outputs })!;
      const { student, teachers } = posteriors(file, { ...shape, outputs });
      writeHeads(regulariser.constants as Heads, student, teachers);
      return regulariser;
    },
    names: {},
    fixed: async (file, { shares }) => {
      const reference = file.outputs("out.logme_weights", shares.shape);
      return [compare("logme_weights", await shares.data(), reference, 1e-6)];
    },
  },
};

/** Posterior means and evidences that a file gives. */
function posteriors(file: CaseFile, { features, blocks, outputs }: GoldenShape) {
  const means = (name: string, columns: number) =>
    matrix(outputs!, columns, file.inputs(name, [outputs!, columns]));
  const scores = file.outputs("in.logme_scores", [blocks.length]);
  return {
    student: { score: 0, m: means("in.downstream_mu", features) },
    teachers: blocks.map((columns, k) => ({
      score: scores[k],
      m: means(`in.logme_mu_${k}`, columns),
    })),
  };
}

/** phi G^T + g. */
function mapped(phi: Tensor, variables: Variables): Tensor {
  return add(matmul(phi, variables["map.weight"], { transposeB: true }), variables["map.bias"]);
}
