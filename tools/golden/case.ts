/** Golden cases: one loss and its gradients at given inputs and parameters. */

import { GpuError, read, slice, type Tensor, tensor, valueAndGrad, zeros } from "../../gpu/mod.ts";
import type { MethodBatch, Regulariser } from "../../aft/methods/mod.ts";
import { requireFinite } from "../../aft/training/error.ts";
import { type Check, compare, finite, type Outcome, worse } from "./check.ts";
import { CaseFile, type Entry } from "./form.ts";
import { type Fields, refuse } from "./json.ts";
import type { GoldenMethod, GoldenShape } from "./methods.ts";
import { regulariserOf, variablesOf } from "./regulariser.ts";

/** Rows and columns of the similarities that a case keeps, at most. */
const CORNER = 5;

/** What can be asked of float32; values are losses and similarities. */
type Asked = "everything" | "values" | "loss" | "finite";

/** Tensors by their golden names. */
type Outputs = Readonly<Record<string, Tensor>>;

/** Runs a case by the method's own kernels and, where it has any, by plain ops too. */
export async function runCase(entry: Entry, golden: GoldenMethod): Promise<Outcome> {
  const { id, method, fields } = entry;
  const file = await CaseFile.read(entry.file);
  const shape = shapeOf(fields);
  if (shape.tensorProduct && !golden.multiplies) {
    refuse(file.path, id, `method ${method} knows no tensor product`);
  }
  const rows = fields.count("n");
  const phi = input(file, "in.feat", [rows, shape.features]);
  const psi = input(file, "in.pretrained", [rows, shape.teacher]);
  const regulariser = regulariserOf(golden, file, "param.", shape);
  if (regulariser === undefined) refuse(file.path, id, `method ${method} has no loss of its own`);
  const own = (phi: Tensor) => regulariser.loss(batchOf(phi, psi));
  if (fields.flag("official_nan", false)) {
    return { id, method, checks: [await refusal(() => own(phi).item(), regulariser)] };
  }
  const seen = (phi: Tensor) => ({ phi, psi, variables: variablesOf(regulariser), shape });
  const outputs = {
    ...lossAndGradients(own, phi, regulariser, golden),
    ...golden.outputs?.(seen(phi)),
  };
  const missing = fields.object("outputs").names.find((name) => !(name in outputs));
  if (missing !== undefined) refuse(file.path, id, `method ${method} has no output ${missing}`);
  const fixed = await golden.fixed?.(file, variablesOf(regulariser)) ?? [];
  const checks = [...await checksOf(fields, file, outputs), ...fixed];
  if (golden.plain?.(seen(phi)) === undefined) return { id, method, checks };
  const plain = (phi: Tensor) => golden.plain!(seen(phi))!;
  const again = await checksOf(fields, file, lossAndGradients(plain, phi, regulariser, golden));
  const named = again.map((check) => ({ ...check, output: `${check.output} (plain ops)` }));
  return { id, method, checks: [...checks, ...named] };
}

function shapeOf(fields: Fields): GoldenShape {
  const blocks = fields.counts("feat_dims");
  const teacher = blocks.reduce((a, b) => a + b);
  const tensorProduct = fields.flag("tensor_product", false);
  return { features: fields.count("d_student"), teacher, blocks, seed: 0, tensorProduct };
}

function input(file: CaseFile, name: string, shape: readonly number[]): Tensor {
  return tensor(file.inputs(name, shape), { shape });
}

/** These methods look neither at logits nor at labels. */
function batchOf(features: Tensor, teacher: Tensor): MethodBatch {
  const [rows] = features.shape;
  return { features, teacher, logits: zeros([rows, 1]), labels: zeros([rows], "i32") };
}

function lossAndGradients(
  loss: (phi: Tensor) => Tensor,
  phi: Tensor,
  { parameters }: Regulariser,
  { names }: GoldenMethod,
): Outputs {
  const run = valueAndGrad((params: { phi: Tensor; parameters: Record<string, Tensor> }) =>
    loss(params.phi)
  );
  const { value, grads } = run({ phi, parameters });
  const outputs: Record<string, Tensor> = { loss: value, "grad.feat": grads.phi };
  for (const [name, own] of Object.entries(names)) {
    if (own in parameters) outputs[`grad.${name}`] = grads.parameters[own];
  }
  return outputs;
}

/** Compares what was computed with what the case expects of it; one readback brings all values. */
async function checksOf(fields: Fields, file: CaseFile, computed: Outputs): Promise<Check[]> {
  const expected = fields.object("outputs");
  const asked = askedOf(fields);
  const names = expected.names.filter((name) => name in computed && isAsked(name, asked));
  const tensors = names.map((name) => corner(name, computed[name]));
  const values = await read(tensors);
  return names.map((name, i) => {
    if (asked === "finite") return finite(name, values[i]);
    const tolerance = expected.object(name).number("atol_f32");
    const check = compare(
      name,
      values[i],
      file.outputs(`out.${name}`, tensors[i].shape),
      tolerance,
    );
    if (name !== "loss") return check;
    // The index repeats the loss; a file and an index that differ are not to pass.
    return worse(check, compare("loss", values[i], [fields.number("loss")], tolerance));
  });
}

function askedOf(fields: Fields): Asked {
  if (!fields.flag("check_loss_f32", true)) return "finite";
  if (!fields.flag("check_grad", true)) return "loss";
  return fields.flag("check_grad_f32", true) ? "everything" : "values";
}

function isAsked(output: string, asked: Asked): boolean {
  const isGradient = output.startsWith("grad.");
  switch (asked) {
    case "everything":
      return true;
    case "values":
      return !isGradient;
    case "loss":
      return output === "loss";
    case "finite":
      return output === "loss" || isGradient;
  }
}

/** Similarities are kept by their upper left corner. */
function corner(name: string, x: Tensor): Tensor {
  if (!name.startsWith("k")) return x;
  const size = Math.min(x.shape[0], CORNER);
  return slice(x, [0, 0], [size, size]);
}

/**
 * Where the reference gives NaN an error is asked for, and not one of the GPU's: of the method
 * itself, or of the check that training holds its loss to.
 */
async function refusal(
  run: () => Promise<number>,
  { undefinedWhere }: Regulariser,
): Promise<Check> {
  const check = { output: "refusal", tolerance: 0 };
  try {
    const loss = await run();
    requireFinite("the regulariser", loss, { step: 1, reason: undefinedWhere });
    return { ...check, error: NaN, detail: `there is no error, the loss is ${loss}` };
  } catch (error) {
    if (!(error instanceof Error) || error instanceof GpuError) throw error;
    return { ...check, error: 0, detail: error.message };
  }
}
