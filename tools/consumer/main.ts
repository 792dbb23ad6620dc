/**
 * What somebody who uses the package might write: a student learns from labels and from the
 * features of a teacher for 20 steps, is saved, and comes back as another object.
 */

import { Adam, crossEntropy, MLP, similarityGap, valueAndGrad } from "@aft/aft";
import { add, full, mul, openGpu, tensor } from "@aft/aft/gpu";
import { decodeSafetensors, encodeSafetensors, toFloat32 } from "@aft/aft/nn";

const file = "student.safetensors";
const rows = 32;

/** Points on the unit circle, the half plane they lie in, and a teacher that knows their angle. */
function examples() {
  const angles = Array.from({ length: rows }, (_, row) => 2 * Math.PI * (row + 0.5) / rows);
  return {
    inputs: tensor(angles.map((angle) => [Math.cos(angle), Math.sin(angle)])),
    labels: tensor(angles.map((angle) => Number(Math.sin(angle) > 0)), { dtype: "i32" }),
    psi: tensor(angles.map((angle) => [Math.cos(angle), Math.sin(angle), Math.sin(2 * angle)])),
  };
}

function newStudent(seed: number): MLP {
  return new MLP({ inputs: 2, hidden: [16], outputs: 2, seed });
}

async function save(student: MLP): Promise<void> {
  const entries = Object.entries(await student.state());
  const tensors = entries.map(([name, saved]) => [name, { dtype: "F32" as const, ...saved }]);
  await Deno.writeFile(file, encodeSafetensors(Object.fromEntries(tensors), { steps: "20" }));
}

async function load(student: MLP): Promise<void> {
  const { tensors } = decodeSafetensors(await Deno.readFile(file), file);
  const entries = [...tensors].map(([name, saved]) => {
    return [name, { shape: saved.shape, values: toFloat32(saved) }];
  });
  student.load(Object.fromEntries(entries));
}

await openGpu();
const { inputs, labels, psi } = examples();
const student = newStudent(1);
const optimiser = new Adam(student, { rate: 0.02 });
const rho = full([3], 0.5);

const step = valueAndGrad(() => {
  const { logits, features } = student.forward(inputs);
  return add(crossEntropy(logits, labels), mul(0.5, similarityGap(features, psi, rho)));
});
const losses: number[] = [];
for (let i = 0; i < 20; i++) {
  const { value, grads } = step(student.parameters());
  optimiser.step(grads);
  losses.push(await value.item());
}
if (!(losses[19] < losses[0])) throw new Error(`The loss did not fall: ${losses.join(" ")}`);

await save(student);
const copy = newStudent(2);
const before = await copy.forward(inputs).logits.data();
await load(copy);
const expected = await student.forward(inputs).logits.data();
const actual = await copy.forward(inputs).logits.data();
const same = actual.every((value, i) => value === expected[i]);
if (!same) throw new Error("The loaded student's logits are not those of the saved one");
if (before.every((value, i) => value === expected[i])) throw new Error("Two seeds, one student");
console.log(`loss ${losses[0].toFixed(3)} -> ${losses[19].toFixed(3)}, saved, loaded, same bits`);
