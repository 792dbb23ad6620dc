import { assertEquals } from "@std/assert";
import {
  add,
  broadcastTo,
  crossEntropyLoss,
  crossEntropyLossFromOps,
  grad,
  mul,
  neg,
  read,
  sum,
  type Tensor,
  tensor,
  transpose,
  valueAndGrad,
  variable,
} from "../../gpu/mod.ts";
import { LARGEST } from "../../gpu/dtype.ts";
import * as host from "./host.ts";
import { assertAgrees, assertClose, counted, numbers, onDevice } from "./support.ts";

/** Class numbers, some of them outside. */
function labelsOf(rows: number, classes: number): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: rows }, (_, i) => i % 5 === 4 ? classes + i : (7 * i) % classes);
}

/** The loss from its definition. */
function reference(x: host.Host, labels: ArrayLike<number>, smoothing: number): host.Host {
  const classes = x.shape.at(-1)!;
  let total = 0;
  for (let row = 0; row < labels.length; row++) {
    if (labels[row] < 0 || labels[row] >= classes) continue;
    const logits = x.values.subarray(row * classes, (row + 1) * classes);
    const all = host.logSumExp(logits);
    logits.forEach((v, c) => {
      total += ((c === labels[row] ? 1 - smoothing : 0) + smoothing / classes) * (all - v);
    });
  }
  return { shape: [], values: Float64Array.of(total / labels.length) };
}

for (const smoothing of [0, 0.2]) {
  Deno.test(`crossEntropyLoss() with smoothing ${smoothing} agrees with float64, forward and backward`, async () => {
    for (const [rows, classes] of [[1, 1], [1, 5], [6, 1], [130, 3], [3, 90], [70, 4]]) {
      const labels = labelsOf(rows, classes);
      await assertAgrees(
        ([x]) => crossEntropyLoss(x, tensor(labels), smoothing),
        ([x]) => reference(x, labels, smoothing),
        [numbers([rows, classes], 1, [-4, 4])],
        { tolerance: 2e-5 },
      );
    }
  });

  Deno.test(`crossEntropyLoss() with smoothing ${smoothing} agrees with its composition on long and many rows`, async () => {
    for (const [rows, classes] of [[2, 1000], [70, 600], [9000, 4]]) {
      const x = onDevice(numbers([rows, classes], 2, [-4, 4]));
      const labels = tensor(labelsOf(rows, classes));
      const [own, composed] = [crossEntropyLoss, crossEntropyLossFromOps].map((loss) =>
        valueAndGrad((x: Tensor) => loss(mul(x, 2), labels, smoothing))(x)
      );
      const parts = await read([own.value, own.grads, composed.value, composed.grads]);
      assertClose(parts[0], parts[2], 1e-5);
      assertClose(parts[1], parts[3], 1e-6);
    }
  });
}

Deno.test("crossEntropyLoss() is one kernel and one backward, with what stands before and after inside", async () => {
  const x = variable(onDevice(numbers([5, 40], 1)));
  const labels = variable(tensor(labelsOf(40, 5)));
  const few = variable(tensor(labelsOf(5, 40)));
  await read([x, labels, few]);
  const loss = (x: Tensor) => mul(crossEntropyLoss(add(transpose(x), 1), labels, 0.1), 3);
  assertEquals((await counted(() => loss(x).data())).dispatches, 1);
  const straight = (x: Tensor) => crossEntropyLoss(add(mul(x, 2), 1), few, 0.1);
  assertEquals((await counted(() => mul(grad(straight)(x), 2).data())).dispatches, 1);
  const large = variable(onDevice(numbers([300, 200], 1)));
  const many = variable(tensor(labelsOf(300, 200)));
  await read([large, many]);
  const far = (x: Tensor) => crossEntropyLoss(x, many);
  assertEquals((await counted(() => far(large).data())).dispatches, 2);
  assertEquals((await counted(() => grad(far)(large).data())).dispatches, 1);
});

Deno.test("crossEntropyLoss() takes more rows than one axis of workgroups has, at a logit of minus infinity too", async () => {
  const row = numbers([300], 3, [-4, 4]);
  row.values[7] = -Infinity;
  const logits = broadcastTo(onDevice(row), [66_000, 300]);
  const labels = broadcastTo(tensor([2], { dtype: "i32" }), [66_000]);
  const expected = host.logSumExp(row.values) - row.values[2];
  assertClose([await crossEntropyLoss(logits, labels).item()], [expected], 1e-5);
});

Deno.test("crossEntropyLoss() takes rows that hold the lowest number or minus infinity", async () => {
  const rows: [row: number[], smoothing: number, loss: number][] = [
    [[-LARGEST, -LARGEST], 0, Math.log(2)],
    [[-LARGEST, -LARGEST], 0.1, Math.log(2)],
    [[-LARGEST, 1, 1], 0.1, 0.1 / 3 * LARGEST],
    [[1, -LARGEST, -LARGEST, 1], 0.1, 0.1 / 2 * LARGEST],
    [[-Infinity, 0, 1], 0.1, Infinity],
    [[0, -Infinity, 1], 0.1, Infinity],
  ];
  for (const [row, smoothing, expected] of rows) {
    const last = row.length - 1;
    const label = tensor(last, { dtype: "i32" });
    const [loss, slopes] = await read([
      crossEntropyLoss(tensor(row), label, smoothing),
      grad((x: Tensor) => crossEntropyLoss(x, label, smoothing))(tensor(row)),
    ]);
    assertClose(loss, [expected]);
    const powers = row.map((x) => Math.exp(x - Math.max(...row)));
    const total = powers.reduce((a, b) => a + b);
    const target = row.map((_, i) => smoothing / row.length + (i === last ? 1 - smoothing : 0));
    assertClose(slopes, powers.map((power, i) => power / total - target[i]));
  }
});

Deno.test("the gradient of crossEntropyLoss()'s gradient agrees with that of its composition", async () => {
  const labels = tensor([1, 9, 0], { dtype: "i32" });
  const twice = (loss: typeof crossEntropyLoss) =>
    grad((x: Tensor) => {
      const slope = grad((x: Tensor) => mul(loss(x, labels, 0.1), sum(neg(x))))(x);
      return sum(mul(slope, mul(slope, slope)));
    });
  const x = onDevice(numbers([3, 4], 1));
  const [own, composed] = await read([
    twice(crossEntropyLoss)(x),
    twice(crossEntropyLossFromOps)(x),
  ]);
  assertClose(own, composed, 1e-4);
});
