/** Adaptive Feature Transfer (arXiv 2406.07337) and its variants. */

import { add, mul, similarityGap, slice, type Tensor } from "../../gpu/mod.ts";
import { distances } from "./distance.ts";
import type { Method, MethodShape, Refusal } from "./method.ts";
import { withoutKernel } from "./no_kernel.ts";
import { type MethodOptions, optionDefaults, type RhoKind, withDefaults } from "./options.ts";
import { computed } from "./rows.ts";
import { scaleKinds } from "./scales.ts";
import { similarityOf } from "./similarity.ts";

/**
 * The gap between the batch similarities of student features and of teacher features weighted by
 * rho = sigmoid(s). s starts at 0 and has its own learning rate. Options change how rho comes about,
 * the kernel, the distance, and what is done to columns and rows before.
 */
export const aft: Method = {
  name: "aft",
  summary: "match the similarity of rows to that of teacher features, weighted by learned scales",
  formula: "sqrt(mean((K(phi) - K(rho psi))^2) + 1e-8), rho = sigmoid(s)",
  source: "Qiu et al. 2024 (arXiv 2406.07337), equation 5 and the authors' code",
  learns: "a scale s per teacher column",
  rate: "regulariser",
  beta: 30,
  usesTeachers: true,
  options: [
    ...[
      "rho",
      "rhoSteps",
      "kernel",
      "distance",
      "centre",
      "normalise",
      "bandwidth",
      "degree",
    ] as const,
    ...["tensorProduct", "sparsity", "sparsityStrength"] as const,
  ],
  refuses: (options) => refusal(withDefaults(options)),
  create(shape, options) {
    const all = withDefaults(options);
    if (all.kernel === "none") return withoutKernel(shape);
    const { parameters, constants, prepare, ...scales } = scaleKinds[all.rho](shape, all);
    return {
      parameters,
      constants,
      rate: "regulariser",
      ...prepare && { prepare },
      loss(batch) {
        const psi = scales.target?.(batch.teacher) ?? batch.teacher;
        const gap = gapBetween(batch.features, psi, scales.rho(batch), shape, all);
        return scales.penalty ? add(gap, scales.penalty(batch)) : gap;
      },
    };
  },
};

/** The gap: by its own kernels in its plain form, else composed. */
function gapBetween(
  phi: Tensor,
  psi: Tensor,
  rho: Tensor,
  { blocks }: MethodShape,
  options: Required<MethodOptions>,
): Tensor {
  const { kernel, distance, centre, normalise, tensorProduct } = options;
  const isPlain = kernel === "linear" && distance === "root" && centre && normalise;
  if (isPlain && !tensorProduct) return similarityGap(phi, psi, rho);
  const target = mul(computed(psi), rho);
  const parts = tensorProduct ? split(target, blocks) : [target];
  return distances[distance](similarityOf([phi], options), similarityOf(parts, options));
}

/** The columns of each teacher. */
function split(x: Tensor, blocks: readonly number[] = [x.shape[1]]): Tensor[] {
  let start = 0;
  return blocks.map((columns) => slice(x, [0, start], [x.shape[0], start += columns]));
}

/** Kinds of scales that follow gradients. */
const LEARNED: readonly RhoKind[] = ["learned", "relevance", "dense"];

function refusal(options: Required<MethodOptions>): Refusal | undefined {
  const { rho, kernel, sparsity } = options;
  const differs = (option: keyof MethodOptions) => options[option] !== optionDefaults[option];
  const none = [
    ...["rho", "distance", "centre", "normalise", "tensorProduct", "sparsity"] as const,
  ];
  const unused = kernel === "none" ? none.find(differs) : undefined;
  if (unused) return { option: unused, reason: "is no option of kernel none" };
  if (differs("bandwidth") && kernel !== "rbf" && kernel !== "laplace") {
    return {
      option: "bandwidth",
      reason: `is an option of kernels rbf and laplace, not of ${kernel}`,
    };
  }
  if (differs("degree") && kernel !== "poly") {
    return { option: "degree", reason: `is an option of kernel poly, not of ${kernel}` };
  }
  if (differs("rhoSteps") && !LEARNED.includes(rho)) {
    return { option: "rhoSteps", reason: `needs scales that are learned, not rho ${rho}` };
  }
  if (differs("sparsityStrength") && sparsity === "none") {
    return {
      option: "sparsityStrength",
      reason: "is the strength of a sparsity that is not given",
    };
  }
  if (differs("sparsity") && rho !== "learned" && rho !== "relevance") {
    return { option: "sparsity", reason: `needs scales that are learned, not rho ${rho}` };
  }
  if (options.tensorProduct && (rho === "dense" || rho === "closed")) {
    return { option: "tensorProduct", reason: `does not go with rho ${rho}` };
  }
  return undefined;
}
