import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ConfigError, ShapeError } from "../../gpu/errors.ts";
import { openGpu, read, type Tensor, tensor, valueAndGrad, zeros } from "../../gpu/mod.ts";
import { crossEntropy, huber, meanSquaredError } from "../../nn/loss.ts";
import { assertScalarAgrees, type HostArray, hostArray, hostCrossEntropy } from "./support.ts";

await openGpu();

const LABELS = [3, 0, 1, 3, 2, 1];

for (const labelSmoothing of [0, 0.1, 1]) {
  for (const [rows, classes] of [[6, 4], [1, 4], [6, 5], [2, 4]]) {
    const title = `of [${rows}, ${classes}] with label smoothing ${labelSmoothing}`;
    Deno.test(`crossEntropy() ${title} agrees with plain numbers, forward and backward`, async () => {
      const labels = LABELS.slice(0, rows);
      await assertScalarAgrees(
        ([logits]) => crossEntropy(logits, tensor(labels, { dtype: "i32" }), { labelSmoothing }),
        ([logits]) => hostCrossEntropy(logits, labels, labelSmoothing),
        [hostArray([rows, classes], 1, 5)],
      );
    });
  }
}

Deno.test("crossEntropy() takes logits of any rank, and labels of both whole types", async () => {
  for (const dtype of ["i32", "u32"] as const) {
    const labels = tensor(LABELS, { dtype, shape: [2, 3] });
    await assertScalarAgrees(
      ([logits]) => crossEntropy(logits, labels),
      ([logits]) => hostCrossEntropy(logits, LABELS),
      [hostArray([2, 3, 4], 2, 3)],
    );
  }
});

Deno.test("crossEntropy() stays exact for large logits and for tiny losses", async () => {
  const logits = tensor([[1e4, 0, -1e4], [10_000, 9_990, 0], [0, 3e38, 0]]);
  const labels = tensor([0, 0, 1], { dtype: "i32" });
  const { value, grads } = valueAndGrad((x: Tensor) => crossEntropy(x, labels))(logits);
  const [loss, slopes] = await read([value, grads]);
  const expected = Math.log1p(Math.exp(-10)) / 3;
  // The sum of exponentials, 1 + 4.5e-5, is what float32 rounds: by at most 6e-8, over three rows.
  assertAlmostEquals(loss[0], expected, 3e-8);
  assert(slopes.every(Number.isFinite));
  const wrong = crossEntropy(logits, tensor([1, 1, 0], { dtype: "i32" }));
  assert(await wrong.item() > 1e37);
});

Deno.test("crossEntropy() refuses labels that are not one class number per row", () => {
  const cases: [Tensor, Tensor, string][] = [
    [
      zeros([4, 3]),
      zeros([3], "i32"),
      "Cannot take the cross-entropy of logits [4, 3] with labels [3]: labels must be [4], one class number per row",
    ],
    [
      zeros([4, 3]),
      zeros([4, 3], "i32"),
      "Cannot take the cross-entropy of logits [4, 3] with labels [4, 3]: labels must be [4], one class number per row",
    ],
    [
      zeros([4, 3]),
      zeros([4]),
      "Cannot take the cross-entropy of logits [4, 3] with labels [4]: labels must be i32 or u32 and are f32",
    ],
  ];
  for (const [logits, labels, message] of cases) {
    assertEquals(assertThrows(() => crossEntropy(logits, labels), ShapeError).message, message);
  }
  const error = assertThrows(
    () => crossEntropy(zeros([4, 3]), zeros([4], "i32"), { labelSmoothing: 1.5 }),
    ConfigError,
  );
  assertEquals(
    error.message,
    "Cannot take the cross-entropy with labelSmoothing 1.5: labelSmoothing must be from 0 to 1",
  );
});

const average = (x: HostArray, y: HostArray, of: (error: number) => number): number =>
  x.values.reduce((total, value, i) => total + of(value - y.values[i]), 0) / x.values.length;

for (const shape of [[5], [5, 1], [3, 4], [1, 1]]) {
  Deno.test(`meanSquaredError() on [${shape}] agrees with plain numbers, forward and backward`, async () => {
    await assertScalarAgrees(
      ([prediction, target]) => meanSquaredError(prediction, target),
      ([prediction, target]) => average(prediction, target, (e) => e * e),
      [hostArray(shape, 1, 2), hostArray(shape, 2, 2)],
    );
  });
  for (const delta of [0.3, 1]) {
    Deno.test(`huber() on [${shape}] with delta ${delta} agrees with plain numbers, forward and backward`, async () => {
      await assertScalarAgrees(
        ([prediction, target]) => huber(prediction, target, { delta }),
        ([prediction, target]) =>
          average(
            prediction,
            target,
            (e) => Math.abs(e) <= delta ? e * e / 2 : delta * (Math.abs(e) - delta / 2),
          ),
        [hostArray(shape, 1, 2), hostArray(shape, 2, 2)],
      );
    });
  }
}

Deno.test("huber() has slope 0 at no error and delta on both sides of its kink", async () => {
  const prediction = tensor([0, 0.5, -0.5, 2, -2]);
  const loss = (x: Tensor) => huber(x, zeros([5]), { delta: 0.5 });
  const slopes = await valueAndGrad(loss)(prediction).grads.data();
  assertEquals([...slopes], [0, 0.1, -0.1, 0.1, -0.1].map(Math.fround));
});

Deno.test("losses of two tensors refuse shapes that would broadcast", () => {
  const error = assertThrows(() => meanSquaredError(zeros([5]), zeros([5, 1])), ShapeError);
  assertEquals(
    error.message,
    "Cannot take the mean squared error of [5] and [5, 1]: the shapes must be the same",
  );
  assertThrows(
    () => huber(zeros([5]), zeros([])),
    ShapeError,
    "Cannot take the Huber loss of [5] and []: the shapes must be the same",
  );
  assertThrows(
    () => huber(zeros([5]), zeros([5]), { delta: 0 }),
    ConfigError,
    "Cannot take the Huber loss with delta 0: delta must be above 0",
  );
});
