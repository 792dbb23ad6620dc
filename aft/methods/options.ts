/** Settings that methods may have; each method names the ones it takes. */

/** Kinds of scales that aft may have. */
export type RhoKind =
  | "learned"
  | "fixed"
  | "closed"
  | "relevance"
  | "relevance-fixed"
  | "dense";

/** What aft makes of the products of rows. */
export type KernelName = "linear" | "rbf" | "poly" | "laplace" | "none";

/** How aft compares two similarities. */
export type DistanceName = "root" | "squared" | "cka";

/** Penalties that make aft's scales few. */
export type SparsityName = "none" | "l1l2" | "entropy" | "gates";

/** How logitkd brings outputs of several teachers together. */
export type EnsembleName = "mean" | "entropy" | "confidence";

/** Settings of all methods together; what is missing takes the default of its field. */
export interface MethodOptions {
  /** aft: how scales of teacher columns come about. */
  rho?: RhoKind;
  /** aft: of so many batches, all but the last update the scales alone. */
  rhoSteps?: number;
  /** aft: the kernel over rows. */
  kernel?: KernelName;
  /** aft: the distance between the two similarities. */
  distance?: DistanceName;
  /** aft: whether columns are centred over the batch. */
  centre?: boolean;
  /** aft: whether rows are brought to length 1. */
  normalise?: boolean;
  /** aft: width of kernels rbf and laplace; 0 for the median of the batch. */
  bandwidth?: number;
  /** aft: power of kernel poly. */
  degree?: number;
  /** aft: compares with the outer product of the teachers' features. */
  tensorProduct?: boolean;
  /** aft: penalty on scales. */
  sparsity?: SparsityName;
  /** aft: strength of that penalty beside the gap. */
  sparsityStrength?: number;
  /** l2sp, delta: strength a that holds the student near its start. */
  startStrength?: number;
  /** l2sp, delta: strength b that holds the student's head near 0. */
  headStrength?: number;
  /** ft: passes over the training rows at most, for the auto-encoder. */
  codeEpochs?: number;
  /** logitkd: what logits are divided by before the softmax. */
  temperature?: number;
  /** logitkd: how outputs of several teachers become one. */
  ensemble?: EnsembleName;
  /** logitkd: parts of the rows, each asked of a probe fitted to the others; 1 for one probe. */
  folds?: number;
}

/** Values of options that are not given. The fields of the configuration take theirs from here. */
export const optionDefaults: Readonly<Required<MethodOptions>> = {
  rho: "learned",
  rhoSteps: 1,
  kernel: "linear",
  distance: "root",
  centre: true,
  normalise: true,
  bandwidth: 1,
  degree: 2,
  tensorProduct: false,
  sparsity: "none",
  sparsityStrength: 0.01,
  startStrength: 0.01,
  headStrength: 0.01,
  codeEpochs: 500,
  temperature: 4,
  ensemble: "mean",
  folds: 5,
};

/** Options with defaults for those that are missing or undefined. */
export function withDefaults(options: MethodOptions = {}): Required<MethodOptions> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...optionDefaults, ...Object.fromEntries(given) };
}
