/** Forms of aft: kernels, distances, what is done to columns and rows, kinds of scales. */

import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { resolveSettings } from "../../../aft/config.ts";
import { aft } from "../../../aft/methods/aft.ts";
import type { MethodOptions } from "../../../aft/methods/options.ts";
import { optionDefaults } from "../../../aft/methods/options.ts";
import { medianApart } from "../../../aft/methods/kernels.ts";
import { similarityOf } from "../../../aft/methods/similarity.ts";
import { ConfigError } from "../../../gpu/errors.ts";
import { cast, read, type Tensor, tensor, valueAndGrad } from "../../../gpu/mod.ts";
import { assertClose, type HostArray, hostArray } from "../../nn/support.ts";
import {
  affine,
  assertMethod,
  centred,
  dot,
  gram,
  type HostSeen,
  lossOf,
  map2,
  type Matrix,
  matrixOf,
  mean,
  onDevice,
  product,
  rootMeanSquare,
  scaled,
  sigmoid,
  sum,
  transposed,
  unit,
} from "./support.ts";

/** The row-wise outer product of blocks of columns. */
function outer(x: Matrix, blocks: readonly number[]): Matrix {
  return x.map((row) => {
    let start = 0;
    const parts = blocks.map((columns) => row.slice(start, start += columns));
    return parts.reduce((a, b) => a.flatMap((u) => b.map((v) => u * v)));
  });
}

const between = (a: number[], b: number[]) => Math.hypot(...a.map((v, c) => v - b[c]));

/** Lower median of the distances between different rows. */
function median(rows: Matrix, power: number): number {
  const all = rows.flatMap((a, i) =>
    rows.filter((_, j) => j !== i).map((b) => between(a, b) ** power)
  );
  return all.toSorted((a, b) => a - b)[Math.ceil(all.length / 2) - 1];
}

const kernels: Record<string, (rows: Matrix, o: Required<MethodOptions>) => Matrix> = {
  linear: gram,
  rbf: (rows, { bandwidth }) => {
    const width = bandwidth || median(rows, 2);
    return rows.map((a) => rows.map((b) => Math.exp(-(between(a, b) ** 2) / width)));
  },
  laplace: (rows, { bandwidth }) => {
    const width = bandwidth || median(rows, 1);
    return rows.map((a) => rows.map((b) => Math.exp(-between(a, b) / width)));
  },
  poly: (rows, { degree }) => gram(rows).map((row) => row.map((v) => (1 + v) ** degree)),
};

const bothCentred = (k: Matrix) => transposed(centred(transposed(centred(k))));

const distances: Record<string, (k: Matrix, t: Matrix) => number> = {
  root: (k, t) => rootMeanSquare(map2(k, t, (a, b) => a - b)),
  squared: (k, t) => mean(map2(k, t, (a, b) => (a - b) ** 2).flat()),
  cka: (k, t) => {
    const [a, b] = [bothCentred(k).flat(), bothCentred(t).flat()];
    return 1 - dot(a, b) / (Math.hypot(...a) * Math.hypot(...b));
  },
};

/** The gap in float64: features, then what each option does. */
function gap(phi: Matrix, target: Matrix, given: MethodOptions): number {
  const options = { ...optionDefaults, ...given };
  const similarity = (x: Matrix) => {
    const columns = options.centre ? centred(x) : x;
    return kernels[options.kernel](options.normalise ? unit(columns) : columns, options);
  };
  return distances[options.distance](similarity(phi), similarity(target));
}

const weighted = ({ psi, variables: { s } }: HostSeen) => scaled(psi, [...s.values].map(sigmoid));

const FORMS: Record<string, MethodOptions> = {
  "kernel rbf": { kernel: "rbf" },
  "kernel rbf with a width": { kernel: "rbf", bandwidth: 0.3 },
  "kernel laplace": { kernel: "laplace" },
  "kernel poly": { kernel: "poly" },
  "kernel poly of degree 3": { kernel: "poly", degree: 3 },
  "distance squared": { distance: "squared" },
  "distance cka": { distance: "cka" },
  "kernel rbf with distance cka": { kernel: "rbf", distance: "cka" },
  "no centring": { centre: false },
  "no lengths": { normalise: false },
  "neither": { centre: false, normalise: false, distance: "squared" },
};

for (const [name, options] of Object.entries(FORMS)) {
  Deno.test(`aft with ${name} agrees with plain numbers, forward and backward`, () =>
    assertMethod(aft, (seen) => gap(seen.phi, weighted(seen), options), {
      options,
      blocks: [2, 2],
      ready: ({ parameters: { s } }) => s.write(Float32Array.of(0.5, -1, 2, 0)),
    }));
}

Deno.test("aft takes the median of distances as the width of a kernel that has none", async () => {
  const seen: MethodOptions = { kernel: "rbf", bandwidth: 0 };
  const shape = { features: 3, teacher: 4, seed: 1 };
  const [phi, psi] = [matrixOf(hostArray([9, 3], 1)), matrixOf(hostArray([9, 4], 2))];
  for (const kernel of ["rbf", "laplace"] as const) {
    const found = await lossOf(aft.create(shape, { ...seen, kernel })!, phi, psi);
    assertAlmostEquals(found, gap(phi, psi, { ...seen, kernel }), 1e-4);
  }
  const numbers = matrixOf(hostArray([6, 6], 3)).map((row) => row.map(Math.abs));
  const apart = numbers.flatMap((row, i) => row.filter((_, j) => j !== i)).toSorted((a, b) =>
    a - b
  );
  assertAlmostEquals(await medianApart(onDevice(numbers)).item(), apart[14], 1e-5);
});

Deno.test("aft multiplies teachers through products of rows as if their product were built", async () => {
  for (const blocks of [[2, 3], [2, 1, 2]]) {
    for (
      const options of [{}, { kernel: "rbf" }, { centre: false }, { normalise: false }] as const
    ) {
      await assertMethod(
        aft,
        (seen) => gap(seen.phi, outer(weighted(seen), blocks), options),
        { options: { ...options, tensorProduct: true }, blocks },
      );
    }
  }
});

Deno.test("one block through products of rows has the similarity of its features", async () => {
  const x = onDevice(hostArray([6, 4], 8));
  for (const centre of [true, false]) {
    const options = { ...optionDefaults, centre };
    const one = tensor(new Array(6).fill([1])); // multiplying by a column of ones changes nothing
    const [rows, products] = await read([
      similarityOf([x], options),
      similarityOf([x, one], options),
    ]);
    assertClose(products, rows, 2e-6);
  }
});

Deno.test("aft with a full matrix agrees with plain numbers, forward and backward", () =>
  assertMethod(
    aft,
    ({ phi, psi, variables: { s } }) => gap(phi, product(psi, matrixOf(s)), {}),
    { options: { rho: "dense" } },
  ));

Deno.test("aft without a kernel agrees with plain numbers, forward and backward", () =>
  assertMethod(
    aft,
    ({ phi, psi, variables }) => {
      const map = affine(psi, matrixOf(variables["map.weight"]), [...variables["map.bias"].values]);
      return mean(map2(centred(map), centred(phi), (a, b) => (a - b) ** 2).flat());
    },
    { options: { kernel: "none" } },
  ));

const PENALTIES: Record<string, (rho: number[], psi: Matrix) => number> = {
  l1l2: (rho) => sum(rho) / Math.hypot(...rho),
  entropy: (rho, psi) => {
    const energy = transposed(psi).map((column, i) => {
      return rho[i] ** 2 * mean(column.map((v) => (v - mean(column)) ** 2));
    });
    return -sum(energy.map((e) => e / sum(energy)).map((p) => p * Math.log(p)));
  },
};

for (const sparsity of ["l1l2", "entropy"] as const) {
  Deno.test(`aft with penalty ${sparsity} agrees with plain numbers, forward and backward`, () =>
    assertMethod(aft, (seen) => {
      const rho = [...seen.variables.s.values].map(sigmoid);
      return gap(seen.phi, weighted(seen), {}) + 0.5 * PENALTIES[sparsity](rho, seen.psi);
    }, {
      options: { sparsity, sparsityStrength: 0.5 },
      ready: ({ parameters: { s } }) => s.write(Float32Array.of(0.5, -1, 2, 0)),
    }));
}

Deno.test("penalties see ratios of rho alone: they are least for one column, most for equal ones", async () => {
  const psi = [[1, 0, 2], [0, 2, 1], [3, 1, 0], [1, 1, 4]];
  const lossAt = async (sparsity: "l1l2" | "entropy", s: number[], strength: number) => {
    const shape = { features: 3, teacher: 3, seed: 1 };
    const regulariser = aft.create(shape, { sparsity, sparsityStrength: strength })!;
    regulariser.parameters.s.write(Float32Array.from(s));
    return await lossOf(regulariser, psi, psi);
  };
  const penalty = async (sparsity: "l1l2" | "entropy", s: number[]) =>
    await lossAt(sparsity, s, 1) - await lossAt(sparsity, s, 0);
  assertAlmostEquals(await penalty("l1l2", [0, 0, 0]), Math.sqrt(3), 1e-5);
  assertAlmostEquals(await penalty("l1l2", [9, -30, -30]), 1, 1e-5);
  assertAlmostEquals(await penalty("entropy", [9, -30, -30]), 0, 1e-5);
  const logit = (rho: number) => Math.log(rho / (1 - rho));
  const [all, half] = [[0.8, 0.4, 0.2], [0.4, 0.2, 0.1]].map((rho) => rho.map(logit));
  for (const sparsity of ["l1l2", "entropy"] as const) {
    assertAlmostEquals(await penalty(sparsity, all), await penalty(sparsity, half), 1e-5);
  }
});

const X = hostArray([8, 5], 31);
const Y = hostArray([8, 5], 32);
const shape = { features: 5, teacher: 5, seed: 1 };

Deno.test("every form of aft is at its least where student and teacher are the same", async () => {
  const least: Record<string, number> = { root: 1e-4, squared: 0, cka: 0 };
  for (const kernel of ["linear", "rbf", "poly", "laplace"] as const) {
    for (const distance of ["root", "squared", "cka"] as const) {
      const regulariser = aft.create(shape, { kernel, distance })!;
      assertAlmostEquals(
        await lossOf(regulariser, X, X),
        least[distance],
        2e-6,
        `${kernel} ${distance}`,
      );
      assert(await lossOf(regulariser, X, Y) > 0.01);
    }
  }
});

Deno.test("no form of aft changes when the student's features are turned", async () => {
  const [sin, cos] = [Math.sin(0.4), Math.cos(0.4)];
  const turn = [
    [cos, -sin, 0, 0, 0],
    [sin, cos, 0, 0, 0],
    [0, 0, 0, 1, 0],
    [0, 0, -1, 0, 0],
    [0, 0, 0, 0, -1],
  ];
  const turned = product(matrixOf(X), turn);
  for (const options of Object.values(FORMS)) {
    const regulariser = aft.create(shape, options)!;
    const [before, after] = [await lossOf(regulariser, X, Y), await lossOf(regulariser, turned, Y)];
    assertAlmostEquals(before, after, 2e-6);
  }
});

Deno.test("two equal columns count as one of weight sqrt(a^2 + b^2), and a common factor as none", async () => {
  const logit = (rho: number) => Math.log(rho / (1 - rho));
  const lossAt = async (psi: Matrix, rho: number[], options: MethodOptions) => {
    const regulariser = aft.create({ features: 5, teacher: rho.length, seed: 1 }, options)!;
    regulariser.parameters.s.write(Float32Array.from(rho, logit));
    return await lossOf(regulariser, X, psi);
  };
  const once = matrixOf(Y);
  const twice = once.map((row) => [...row, ...row]);
  const [a, b] = [[0.1, 0.5, 0.3, 0.2, 0.6], [0.4, 0.2, 0.5, 0.1, 0.3]];
  const whole = a.map((v, i) => Math.hypot(v, b[i]));
  for (const options of [{}, { kernel: "rbf" }, { distance: "cka" }, { kernel: "poly" }] as const) {
    const seen = await lossAt(once, whole, options);
    assertAlmostEquals(await lossAt(twice, [...a, ...b], options), seen, 2e-6);
    assertAlmostEquals(await lossAt(once, whole.map((v) => v / 3), options), seen, 2e-6);
  }
});

Deno.test("gates are drawn anew in each step, are 0 or 1 at the ends, and cost what is open", async () => {
  const regulariser = aft.create(shape, { sparsity: "gates", sparsityStrength: 0 })!;
  const { s } = regulariser.parameters;
  const [features, teacher] = [onDevice(X), onDevice(Y)];
  const rest = { features, teacher, logits: features, labels: features };
  const at = (seed: number) => regulariser.loss({ ...rest, seed }).item();
  assertEquals(await at(1), await at(1));
  assert(await at(1) !== await at(2));
  s.write(new Float32Array(5).fill(12)); // every gate open: as scales that are all 1
  assertAlmostEquals(await at(1), gap(matrixOf(X), matrixOf(Y), {}), 2e-6);
  s.write(Float32Array.of(12, 12, -12, -12, -12));
  const two = scaled(matrixOf(Y), [1, 1, 0, 0, 0]);
  assertAlmostEquals(await at(3), gap(matrixOf(X), two, {}), 2e-6);
  const open = aft.create(shape, { sparsity: "gates", sparsityStrength: 1 })!;
  open.parameters.s.write(Float32Array.of(12, 12, -12, -12, -12));
  const cost = await open.loss({ ...rest, seed: 3 }).item() - await at(3);
  assertAlmostEquals(cost, 2 / 5, 1e-4);
});

Deno.test("forms of aft have finite gradients for one row, equal rows and halves", async () => {
  const cases: [HostArray, HostArray][] = [
    [hostArray([1, 5], 1), hostArray([1, 5], 2)],
    [hostArray([4, 5], 1, 0), hostArray([4, 5], 2)],
    [hostArray([4, 5], 1), hostArray([4, 5], 2, 0)],
  ];
  for (const options of [...Object.values(FORMS), { kernel: "rbf", bandwidth: 0 } as const]) {
    const regulariser = aft.create(shape, options)!;
    const run = valueAndGrad((p: { x: Tensor; own: typeof regulariser.parameters }) => {
      const teacher = cast(onDevice(psi), "f16");
      return regulariser.loss({ features: p.x, teacher, logits: p.x, labels: p.x });
    });
    let psi = cases[0][1];
    for (const [phi, other] of cases) {
      psi = other;
      const { value, grads } = run({ x: onDevice(phi), own: regulariser.parameters });
      const found = await read([value, grads.x, grads.own.s]);
      assert(found.every((values) => Array.from(values).every(Number.isFinite)));
    }
  }
});

Deno.test("options of aft that have no meaning together are refused", () => {
  const refusals: [MethodOptions, string][] = [
    [
      { bandwidth: 2 },
      "bandwidth 2: bandwidth is an option of kernels rbf and laplace, not of linear",
    ],
    [{ degree: 3, kernel: "rbf" }, "degree 3: degree is an option of kernel poly, not of rbf"],
    [{ kernel: "none", rho: "dense" }, "rho dense: rho is no option of kernel none"],
    [{ kernel: "none", centre: false }, "centre false: centre is no option of kernel none"],
    [
      { rho: "closed", sparsity: "l1l2" },
      "sparsity l1l2: sparsity needs scales that are learned, not rho closed",
    ],
    [
      { sparsityStrength: 1 },
      "sparsity-strength 1: sparsity-strength is the strength of a sparsity that is not given",
    ],
    [
      { rho: "dense", tensorProduct: true },
      "tensor-product true: tensor-product does not go with rho dense",
    ],
    [
      { rho: "fixed", rhoSteps: 2 },
      "rho-steps 2: rho-steps needs scales that are learned, not rho fixed",
    ],
  ];
  for (const [options, message] of refusals) {
    const error = assertThrows(() => resolveSettings({ method: "aft", ...options }), ConfigError);
    assertEquals(error.message, `Cannot train with ${message}`);
  }
});
