import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  add,
  concat,
  grad,
  matmul,
  mul,
  normal,
  ones,
  openGpu,
  read,
  ShapeError,
  sigmoid,
  similarityGap,
  similarityGapFromOps,
  sqrt,
  square,
  sum,
  take,
  type Tensor,
  tensor,
  valueAndGrad,
  zeros,
} from "../../gpu/mod.ts";

type Gap = typeof similarityGap;
type Matrix = number[][];

await openGpu();

/** Value and gradients of a gap with respect to phi, psi and s, rho = sigmoid(s). */
async function results(gap: Gap, phi: Tensor, psi: Tensor, s: Tensor): Promise<number[][]> {
  const run = valueAndGrad((p: { phi: Tensor; psi: Tensor; s: Tensor }) =>
    gap(p.phi, p.psi, sigmoid(p.s))
  );
  const { value, grads } = run({ phi, psi, s });
  return (await read([value, grads.phi, grads.psi, grads.s])).map((values) => Array.from(values));
}

/** Largest difference as a share of the largest entry of `b`. */
function distance(a: number[], b: number[]): number {
  const scale = Math.max(...b.map(Math.abs));
  return Math.max(...a.map((x, i) => Math.abs(x - b[i]))) / scale;
}

/** The gap in float64, straight from its definition. */
function plainGap(phi: Matrix, psi: Matrix, rho: number[]): number {
  const gram = (x: Matrix): Matrix => {
    const means = x[0].map((_, c) => x.reduce((sum, row) => sum + row[c], 0) / x.length);
    const rows = x.map((row) => {
      const centred = row.map((v, c) => v - means[c]);
      const length = Math.hypot(...centred) + 1e-8;
      return centred.map((v) => v / length);
    });
    return rows.map((a) => rows.map((b) => a.reduce((sum, v, c) => sum + v * b[c], 0)));
  };
  const [k, t] = [gram(phi), gram(psi.map((row) => row.map((v, c) => v * rho[c])))];
  const squares = k.flatMap((row, i) => row.map((v, j) => (v - t[i][j]) ** 2));
  return Math.sqrt(squares.reduce((a, b) => a + b) / squares.length + 1e-8);
}

for (const [rows, student, teacher] of [[8, 5, 7], [25, 10, 15], [33, 64, 130], [128, 64, 512]]) {
  Deno.test(`similarityGap() of ${rows} rows, ${student} and ${teacher} columns agrees with plain ops to 1e-5`, async () => {
    const phi = normal([rows, student], { seed: 1 });
    const psi = add(normal([rows, teacher], { seed: 2 }), 3);
    const s = normal([teacher], { seed: 3 });
    const own = await results(similarityGap, phi, psi, s);
    const composed = await results(similarityGapFromOps, phi, psi, s);
    own.forEach((values, i) => assert(distance(values, composed[i]) < 1e-5, `part ${i}`));
  });
}

Deno.test("similarityGap() agrees with float64, forward and by central differences", async () => {
  const [rows, student, teacher] = [6, 3, 5];
  const tensors = [
    normal([rows, student], { seed: 4 }),
    normal([rows, teacher], { seed: 5 }),
    normal([teacher], { seed: 6 }),
  ];
  const [phi, psi, [s]] = (await read(tensors)).map((values, i) => {
    const width = [student, teacher, teacher][i];
    return Array.from(
      { length: values.length / width },
      (_, r) => Array.from(values.subarray(r * width, (r + 1) * width)),
    );
  });
  const value = (p: Matrix, q: Matrix, t: number[]) =>
    plainGap(p, q, t.map((v) => 1 / (1 + Math.exp(-v))));
  const [gap, ...slopes] = await results(similarityGap, tensors[0], tensors[1], tensors[2]);
  assertAlmostEquals(gap[0], value(phi, psi, s), 1e-6);
  const step = 1e-5;
  const difference = (change: (by: number) => number) =>
    (change(step) - change(-step)) / (2 * step);
  const moved = (x: Matrix, r: number, c: number, by: number) =>
    x.map((row, i) => row.map((v, j) => i === r && j === c ? v + by : v));
  const expected = [
    phi.flatMap((row, r) =>
      row.map((_, c) => difference((by) => value(moved(phi, r, c, by), psi, s)))
    ),
    psi.flatMap((row, r) =>
      row.map((_, c) => difference((by) => value(phi, moved(psi, r, c, by), s)))
    ),
    s.map((_, c) => difference((by) => value(phi, psi, moved([s], 0, c, by)[0]))),
  ];
  slopes.forEach((slope, i) => assert(distance(slope, expected[i]) < 1e-5, `part ${i}`));
});

Deno.test("similarityGap() reads picked rows of features stored as halves", async () => {
  const features = Float16Array.from({ length: 40 }, (_, i) => Math.sin(i * i));
  const halves = tensor(features as unknown as ArrayBufferView, { shape: [10, 4], dtype: "f16" });
  const rows = tensor(Uint32Array.of(7, 1, 1, 9, 4));
  const phi = normal([5, 3], { seed: 1 });
  const picked = Array.from(
    [7, 1, 1, 9, 4],
    (r) => Array.from(features.subarray(4 * r, 4 * r + 4)),
  );
  const gap = await similarityGap(phi, take(halves, rows), ones([4])).item();
  assertAlmostEquals(gap, await similarityGapFromOps(phi, tensor(picked), ones([4])).item(), 1e-6);
});

Deno.test("similarityGap() of equal similarities is 1e-4, its floor", async () => {
  const phi = normal([12, 6], { seed: 8 });
  assertAlmostEquals(await similarityGap(phi, phi, ones([6])).item(), 1e-4, 1e-6);
});

Deno.test("similarityGap() does not change when rho is multiplied by a constant", async () => {
  const [phi, psi] = [normal([16, 6], { seed: 1 }), normal([16, 9], { seed: 2 })];
  const rho = sigmoid(normal([9], { seed: 3 }));
  const [one, half] = await read([
    similarityGap(phi, psi, rho),
    similarityGap(phi, psi, mul(rho, 0.5)),
  ]);
  assertAlmostEquals(one[0], half[0], 1e-6);
});

Deno.test("similarityGap() sees two equal columns as one of weight sqrt(a^2 + b^2)", async () => {
  const [phi, psi] = [normal([16, 6], { seed: 1 }), normal([16, 4], { seed: 2 })];
  const [a, b] = [sigmoid(normal([4], { seed: 3 })), sigmoid(normal([4], { seed: 4 }))];
  const [twice, once] = await read([
    similarityGap(phi, concat([psi, psi], 1), concat([a, b])),
    similarityGap(phi, psi, sqrt(add(square(a), square(b)))),
  ]);
  assertAlmostEquals(twice[0], once[0], 1e-6);
});

Deno.test("similarityGap() does not change under an orthogonal map of the student's features", async () => {
  const [phi, psi] = [normal([16, 2], { seed: 1 }), normal([16, 4], { seed: 2 })];
  const turn = tensor([[Math.cos(1), -Math.sin(1)], [Math.sin(1), Math.cos(1)]]);
  const [before, after] = await read([
    similarityGap(phi, psi, ones([4])),
    similarityGap(matmul(phi, turn), psi, ones([4])),
  ]);
  assertAlmostEquals(before[0], after[0], 1e-6);
});

Deno.test("similarityGap() has finite gradients for one row, equal rows and a row at the mean", async () => {
  const cases: [Tensor, Tensor][] = [
    [normal([1, 5], { seed: 1 }), normal([1, 6], { seed: 2 })],
    [zeros([6, 5]), normal([6, 4], { seed: 2 })],
    [normal([6, 5], { seed: 1 }), ones([6, 4])],
    [tensor([[1, 2], [-1, -2], [0, 0]]), normal([3, 4], { seed: 2 })],
  ];
  for (const [phi, psi] of cases) {
    const all = await results(similarityGap, phi, psi, zeros([psi.shape[1]]));
    assert(all.flat().every(Number.isFinite));
  }
});

Deno.test("similarityGap() gives no gradient to a student whose features are all equal", async () => {
  const [gap, phi] = await results(similarityGap, zeros([1, 5]), zeros([1, 6]), zeros([6]));
  assertAlmostEquals(gap[0], 1e-4, 1e-9);
  assertEquals(phi, [0, 0, 0, 0, 0]);
});

Deno.test("similarityGap() refuses shapes that do not belong together, and names them", () => {
  assertThrows(
    () => similarityGap(zeros([4, 2]), zeros([5, 3]), ones([3])),
    ShapeError,
    "Cannot compare student [4, 2] with teacher [5, 3] by scales [3]: they are [B, dPhi], [B, dPsi] and [dPsi]",
  );
  assertThrows(() => similarityGap(zeros([4, 2]), zeros([4, 3]), ones([2])), ShapeError);
});

Deno.test("similarityGap() takes fewer dispatches than its composition", async () => {
  const gpu = await openGpu();
  const count = async (gap: Gap) => {
    const before = gpu.counters.dispatches;
    await results(gap, normal([16, 4], { seed: 1 }), normal([16, 8], { seed: 2 }), ones([8]));
    return gpu.counters.dispatches - before;
  };
  const [own, composed] = [await count(similarityGap), await count(similarityGapFromOps)];
  assert(own < composed, `${own} against ${composed}`);
});

Deno.test("gradients of the gap's gradients are those of its composition", async () => {
  const point = {
    phi: normal([7, 5], { seed: 31 }),
    psi: add(normal([7, 9], { seed: 32 }), 3),
    rho: sigmoid(normal([9], { seed: 33 })),
  };
  const second = (gap: Gap) => {
    const slope = grad((p: typeof point) => gap(p.phi, p.psi, p.rho));
    const steepness = grad((p: typeof point) => {
      const { phi, psi, rho } = slope(p);
      return add(add(sum(square(phi)), sum(mul(psi, p.psi))), sum(square(rho)));
    });
    return steepness(point);
  };
  const [kernels, plain] = [second(similarityGap), second(similarityGapFromOps)];
  for (const side of ["phi", "psi", "rho"] as const) {
    const [found, wanted] = await read([kernels[side], plain[side]]);
    assert(Math.max(...wanted.map(Math.abs)) > 1e-3, side);
    assert(distance([...found], [...wanted]) < 1e-4, `${side}: ${found} against ${wanted}`);
  }
});
