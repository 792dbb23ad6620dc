import { assertEquals, assertThrows } from "@std/assert";
import {
  add,
  cast,
  div,
  evaluate,
  exp,
  grad,
  log,
  logSumExp,
  matmul,
  max,
  mean,
  mul,
  read,
  relu,
  ShapeError,
  sigmoid,
  sin,
  slice,
  softmax,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  tanh,
  type Tensor,
  tensor,
  transpose,
  valueAndGrad,
  valueAndGradWithAux,
  type Variable,
  variable,
} from "../../gpu/mod.ts";
import * as host from "./host.ts";
import { assertAgrees, assertClose, hostOf, numbers, onDevice } from "./support.ts";

Deno.test("valueAndGrad() gives gradients in the nest of the parameters", async () => {
  const params = {
    layers: [{ w: tensor([2, 3]), b: tensor([1]) }, { w: tensor([4, 5]), b: tensor([0]) }],
    scale: tensor(3),
  };
  const run = valueAndGrad((p: typeof params, x: Tensor) => {
    const each = p.layers.map(({ w, b }) => sum(add(mul(w, x), b)));
    return mul(p.scale, add(each[0], each[1]));
  });
  const { value, grads } = run(params, tensor([10, 100]));
  assertEquals(await value.item(), 3 * (20 + 300 + 2 + 40 + 500));
  assertEquals(Object.keys(grads), ["layers", "scale"]);
  assertEquals(await grads.layers[0].w.toArray(), [30, 300]);
  assertEquals(await grads.layers[1].b.toArray(), [6]);
  assertEquals(await grads.scale.item(), 862);
});

Deno.test("a single tensor, an array and further arguments are parameters too", async () => {
  const power = grad((x: Tensor, times: number) => sum(mul(mul(x, x), times)));
  assertEquals(await power(tensor([1, 2]), 5).toArray(), [10, 20]);
  const pair = grad(([a, b]: Tensor[]) => sum(mul(a, b)));
  const [da, db] = pair([tensor([1, 2]), tensor([3, 4])]);
  assertEquals([await da.toArray(), await db.toArray()], [[3, 4], [1, 2]]);
});

Deno.test("a loss may be a closure over variables that are handed in to be differentiated", async () => {
  const weights = { w: variable(tensor([1, 2])), b: variable(tensor([3])) };
  const loss = (_: typeof weights) => sum(mul(square(weights.w), weights.b));
  const { value, grads } = valueAndGrad(loss)(weights);
  assertEquals(await value.item(), 15);
  assertEquals(await grads.w.toArray(), [6, 12]);
  assertEquals(await grads.b.toArray(), [5]);
});

Deno.test("a parameter that the loss does not use has gradient 0 in its own shape", async () => {
  const params = { used: tensor([1, 2]), unused: tensor([[1, 2, 3]]) };
  const grads = grad(({ used }: typeof params) => sum(used))(params);
  assertEquals(await grads.unused.toArray(), [[0, 0, 0]]);
  assertEquals(await grads.used.toArray(), [1, 1]);
});

Deno.test("a parameter used several times gets the sum of what every use gives", async () => {
  await assertAgrees(
    ([x]) => add(mul(x, sin(x)), mul(transpose(x), slice(x, [0, 0], [1, 3]))),
    ([x]) =>
      host.elementwise(
        (x, t, row) => x * Math.sin(x) + t * row,
        x,
        host.transpose(x, [1, 0]),
        host.slice(x, [0, 0], [1, 3]),
      ),
    [numbers([3, 3], 1)],
  );
});

Deno.test("valueAndGradWithAux() hands back what else the function returned", async () => {
  const run = valueAndGradWithAux((x: Tensor) => {
    const probabilities = softmax(x);
    return { loss: log(sum(exp(x))), aux: { probabilities, name: "softmax" } };
  });
  const { value, aux, grads } = run(tensor([1, 2, 3]));
  assertEquals(aux.name, "softmax");
  const [loss, probabilities, slopes] = await read([value, aux.probabilities, grads]);
  assertClose(loss, [host.logSumExp(Float64Array.of(1, 2, 3))]);
  assertClose(slopes, probabilities);
});

Deno.test("stopGradient() keeps the values and stops the gradient", async () => {
  const slope = grad((x: Tensor) => sum(mul(x, stopGradient(square(x)))));
  assertEquals(await slope(tensor([1, 2, 3])).toArray(), [1, 4, 9]);
  assertEquals(await stopGradient(tensor([5])).toArray(), [5]);
  const none = grad((x: Tensor) => sum(stopGradient(x)));
  assertEquals(await none(tensor([1, 2])).toArray(), [0, 0]);
});

Deno.test("gradients have gradients", async () => {
  const cases: [(x: Tensor) => Tensor, (x: number) => number][] = [
    [(x) => mul(x, mul(x, x)), (x) => 6 * x],
    [sin, (x) => -Math.sin(x)],
    [exp, Math.exp],
    [log, (x) => -1 / (x * x)],
    [sqrt, (x) => -0.25 * x ** -1.5],
    [tanh, (x) => -2 * Math.tanh(x) * (1 - Math.tanh(x) ** 2)],
    [(x) => div(1, x), (x) => 2 / x ** 3],
  ];
  const at = numbers([5], 2, [0.4, 2]);
  const bends = cases.map(([f]) => grad((x: Tensor) => sum(grad((x: Tensor) => sum(f(x)))(x))));
  const results = await read(bends.map((bend) => bend(onDevice(at))));
  cases.forEach(([, second], i) => assertClose(results[i], at.values.map(second), 2e-5, `${i}`));
});

Deno.test("the gradient of a gradient goes through products and reductions", async () => {
  // The squared norm of the gradient of a small network, against differences of itself.
  const loss = (w: Tensor, x: Tensor) => mean(square(tanh(matmul(x, w))));
  const penalty = (w: Tensor, x: Tensor) => sum(square(grad(loss)(w, x)));
  const x = onDevice(numbers([4, 3], 3));
  const w = numbers([3, 2], 4);
  const slopes = await grad(penalty)(onDevice(w), x).data();
  const step = 1 / 256;
  for (let i = 0; i < 6; i++) {
    const moved = (by: number) => hostOf([...w.values.with(i, w.values[i] + by)], [3, 2]);
    const [above, below] = await read([
      penalty(onDevice(moved(step)), x),
      penalty(onDevice(moved(-step)), x),
    ]);
    assertClose([slopes[i]], [(above[0] - below[0]) / (2 * step)], 1e-3);
  }
});

Deno.test("a small network agrees with central differences in float64", async () => {
  const inputs = [
    numbers([6, 4], 5),
    numbers([4, 5], 6),
    numbers([5], 7),
    numbers([5, 3], 8),
    numbers([1, 3], 9),
  ];
  const labels = hostOf([0, 2, 1, 1, 0, 2].flatMap((c) => [0, 1, 2].map((k) => k === c ? 1 : 0)), [
    6,
    3,
  ]);
  await assertAgrees(
    ([x, w, b, v, c]) => {
      const logits = add(matmul(relu(add(matmul(x, w), b)), v), c);
      const losses = sub(
        logSumExp(logits, { axes: 1 }),
        sum(mul(logits, onDevice(labels)), { axes: 1 }),
      );
      return mean(losses);
    },
    ([x, w, b, v, c]) => {
      const hidden = host.elementwise((xw, b) => Math.max(xw + b, 0), host.matmul(x, w), b);
      const logits = host.elementwise((a, b) => a + b, host.matmul(hidden, v), c);
      const chosen = host.elementwise((a, b) => a * b, logits, labels);
      const losses = host.elementwise(
        (all, own) => all - own,
        host.reduce(logits, [1], host.logSumExp),
        host.reduce(chosen, [1], host.total),
      );
      return host.reduce(losses, [0], (e) => host.total(e) / e.length);
    },
    inputs,
  );
});

Deno.test("normalised rows and a gate agree with central differences in float64", async () => {
  await assertAgrees(
    ([x, g]) => {
      const norm = sqrt(add(sum(square(x), { axes: 1, keepDims: true }), 1e-3));
      return mul(sigmoid(g), sub(div(x, norm), max(x, { axes: 0 })));
    },
    ([x, g]) => {
      const norm = host.reduce(
        x,
        [1],
        (e) => Math.sqrt(host.total(e.map((v) => v * v)) + 1e-3),
        true,
      );
      const top = host.reduce(x, [0], (e) => e.reduce((a, b) => Math.max(a, b)));
      return host.elementwise(
        (x, norm, top, g) => (x / norm - top) / (1 + Math.exp(-g)),
        x,
        norm,
        top,
        g,
      );
    },
    [numbers([4, 5], 10), numbers([5], 11)],
  );
});

Deno.test("gradients of variables follow their values", async () => {
  const x = variable(tensor([1, 2]));
  const slope = grad((x: Tensor) => sum(square(x)));
  assertEquals(await slope(x).toArray(), [2, 4]);
  x.assign(mul(x, 10));
  assertEquals(await slope(x).toArray(), [20, 40]);
});

Deno.test("a function may assign its parameters: the gradient is that of their values before", async () => {
  const x = variable(tensor([1, 2]));
  const slope = grad((x: Variable) => {
    const energy = sum(square(x));
    x.assign(mul(x, 10));
    return energy;
  });
  const [slopes, after] = await read([slope(x), x]);
  assertEquals([[...slopes], [...after]], [[2, 4], [10, 20]]);
});

Deno.test("no gradient flows through integers and comparisons", async () => {
  const slope = grad((x: Tensor) => sum(mul(x, cast(cast(x, "i32"), "f32"))));
  assertEquals(await slope(tensor([1.5, -2.5])).toArray(), [1, -2]);
});

Deno.test("only a single f32 can be differentiated", () => {
  assertThrows(
    () => grad((x: Tensor) => mul(x, 2))(tensor([1, 2])),
    ShapeError,
    "Cannot differentiate f32 [2]: a loss is one f32",
  );
  assertThrows(
    () => valueAndGrad((x: Tensor) => cast(sum(x), "i32"))(tensor([1, 2])),
    ShapeError,
    "Cannot differentiate i32 []: a loss is one f32",
  );
  const { grads } = valueAndGrad((x: Tensor) => mul(x, x))(tensor([[3]]));
  assertEquals(grads.shape, [1, 1]);
});

Deno.test("a parameter that is a view of something is found through further views of it", async () => {
  const view = () => transpose(tensor([[1, 2], [3, 4]]));
  const weights = tensor([[1, 10], [100, 1000]]);
  const direct = grad((p: Tensor) => sum(mul(transpose(p), weights)))(view());
  assertEquals(await direct.toArray(), [[1, 100], [10, 1000]]);
  const product = grad((p: Tensor) => sum(matmul(tensor([[1, 5]]), p, { transposeB: true })));
  assertEquals(await product(view()).toArray(), [[1, 5], [1, 5]]);
});

Deno.test("a value that is looked at while the function runs is followed as any other", async () => {
  const x = tensor([0, 1]);
  const looking = valueAndGradWithAux((p: Tensor) => {
    const powers = exp(p);
    evaluate([powers]);
    return { loss: sum(mul(powers, powers)), aux: powers };
  });
  const { aux, grads } = looking(x);
  assertClose(await grads.data(), [2, 2 * Math.E ** 2]);
  assertClose(await aux.data(), [1, Math.E]);
  // Once outside, what it was made from is let go.
  const after = grad((_: Tensor) => sum(aux))(x);
  assertEquals(await after.toArray(), [0, 0]);
});

Deno.test("what was recorded before the function is a constant, computed or not", async () => {
  const x = tensor([1, 2]);
  const squares = mul(x, x);
  const slope = grad((p: Tensor) => sum(mul(squares, p)));
  assertEquals(await slope(x).toArray(), [1, 4]);
  await squares.data();
  assertEquals(await slope(x).toArray(), [1, 4]);
});
