/** Plain float64 arrays with shapes: what the engine's results are held against. */

/** Row-major numbers on the host. */
export interface Host {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** Product of the sizes. */
export function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Row-major strides. */
export function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => count(shape.slice(axis + 1)));
}

/** An array filled by coordinates. */
export function generate(
  shape: readonly number[],
  value: (coordinates: readonly number[], flat: number) => number,
): Host {
  const strides = stridesOf(shape);
  const values = Float64Array.from(
    { length: count(shape) },
    (_, flat) => value(shape.map((size, axis) => Math.floor(flat / strides[axis]) % size), flat),
  );
  return { shape, values };
}

/** The element at some coordinates. */
export function at({ shape, values }: Host, coordinates: readonly number[]): number {
  let flat = 0;
  for (let axis = 0; axis < shape.length; axis++) flat = flat * shape[axis] + coordinates[axis];
  return values[flat];
}

/** NumPy's rule for the shape of an element-wise result. */
export function broadcastShape(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from(
    { length: rank },
    (_, axis) => Math.max(...shapes.map((shape) => shape[axis - rank + shape.length] ?? 1)),
  );
}

/** Repeats axes of size 1 and missing leading axes. */
export function broadcastTo(x: Host, shape: readonly number[]): Host {
  const missing = shape.length - x.shape.length;
  return generate(
    shape,
    (c) => at(x, x.shape.map((size, axis) => size === 1 ? 0 : c[axis + missing])),
  );
}

/** Applies a scalar function element by element. */
export function elementwise(f: (...x: number[]) => number, ...inputs: readonly Host[]): Host {
  const shape = broadcastShape(inputs.map((x) => x.shape));
  const full = inputs.map((x) => x.shape.join() === shape.join() ? x : broadcastTo(x, shape));
  const values = Float64Array.from(
    { length: count(shape) },
    (_, i) => f(...full.map((x) => x.values[i])),
  );
  return { shape, values };
}

/** Row-major elements under another shape. */
export function reshape({ values }: Host, shape: readonly number[]): Host {
  return { shape, values };
}

/** Reorders axes: axis i of the result is axis `order[i]`. */
export function transpose(x: Host, order: readonly number[]): Host {
  const shape = order.map((axis) => x.shape[axis]);
  return generate(shape, (c) => at(x, order.map((_, axis) => c[order.indexOf(axis)])));
}

/** A block. */
export function slice(x: Host, starts: readonly number[], ends: readonly number[]): Host {
  return generate(
    starts.map((start, axis) => ends[axis] - start),
    (c) => at(x, c.map((place, axis) => place + starts[axis])),
  );
}

/** Surrounds with a value. */
export function pad(
  x: Host,
  before: readonly number[],
  after: readonly number[],
  value: number = 0,
): Host {
  const shape = x.shape.map((size, axis) => before[axis] + size + after[axis]);
  return generate(shape, (c) => {
    const inner = c.map((place, axis) => place - before[axis]);
    const inside = inner.every((place, axis) => place >= 0 && place < x.shape[axis]);
    return inside ? at(x, inner) : value;
  });
}

/** Joins along an axis. */
export function concat(parts: readonly Host[], axis: number): Host {
  const owners = parts.flatMap((part) =>
    Array.from({ length: part.shape[axis] }, (_, place) => ({ part, place }))
  );
  const shape = parts[0].shape.map((size, i) => i === axis ? owners.length : size);
  return generate(shape, (c) => {
    const { part, place } = owners[c[axis]];
    return at(part, c.map((coordinate, i) => i === axis ? place : coordinate));
  });
}

/** Rows along the first axis. */
export function take(x: Host, rows: { shape: readonly number[]; values: ArrayLike<number> }): Host {
  const rest = x.shape.slice(1);
  const width = count(rest);
  return generate(
    [...rows.shape, ...rest],
    (_, flat) => x.values[rows.values[Math.floor(flat / width)] * width + flat % width],
  );
}

/** Reduces axes; `f` sees the elements of one result in row-major order. */
export function reduce(
  x: Host,
  axes: readonly number[],
  f: (elements: Float64Array) => number,
  keepDims: boolean = false,
): Host {
  const isKept = (axis: number) => !axes.includes(axis);
  const kept = x.shape.flatMap((_, axis) => isKept(axis) ? [axis] : []);
  const moved = transpose(x, [...kept, ...x.shape.flatMap((_, i) => isKept(i) ? [] : [i])]);
  const shape = kept.map((axis) => x.shape[axis]);
  const length = x.values.length / count(shape);
  const values = Float64Array.from(
    { length: count(shape) },
    (_, i) => f(moved.values.subarray(i * length, (i + 1) * length)),
  );
  return { shape: keepDims ? x.shape.map((n, i) => isKept(i) ? n : 1) : shape, values };
}

/** Matrix product of the last two axes, leading axes broadcast. */
export function matmul(a: Host, b: Host): Host {
  const [rows, inner] = a.shape.slice(-2);
  const columns = b.shape[b.shape.length - 1];
  const batch = broadcastShape([a.shape.slice(0, -2), b.shape.slice(0, -2)]);
  const left = broadcastTo(a, [...batch, rows, inner]).values;
  const right = broadcastTo(b, [...batch, inner, columns]).values;
  const values = new Float64Array(count(batch) * rows * columns);
  for (let n = 0; n < count(batch); n++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let total = 0;
        for (let k = 0; k < inner; k++) {
          total += left[(n * rows + i) * inner + k] * right[(n * inner + k) * columns + j];
        }
        values[(n * rows + i) * columns + j] = total;
      }
    }
  }
  return { shape: [...batch, rows, columns], values };
}

/** Elements added up. */
export function total(elements: Float64Array): number {
  return elements.reduce((sum, value) => sum + value, 0);
}

/** log(sum(exp)), shifted by the maximum. */
export function logSumExp(elements: Float64Array): number {
  const top = elements.reduce((a, b) => Math.max(a, b), -Infinity);
  return top + Math.log(total(elements.map((value) => Math.exp(value - top))));
}
