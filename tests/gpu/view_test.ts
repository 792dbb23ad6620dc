import { assertEquals, assertThrows } from "@std/assert";
import {
  add,
  arange,
  broadcastTo,
  cast,
  exp,
  full,
  mul,
  pad,
  read,
  reshape,
  ShapeError,
  slice,
  sum,
  take,
  type Tensor,
  tensor,
  transpose,
} from "../../gpu/mod.ts";
import * as host from "./host.ts";
import { assertAgrees, counted, numbers, onDevice } from "./support.ts";

/** A view and its meaning on the host. */
interface View {
  shape: readonly number[];
  device: (x: Tensor) => Tensor;
  host: (x: host.Host) => host.Host;
}

const VIEWS: Record<string, View> = {
  "reshape() to fewer axes": {
    shape: [2, 3, 4],
    device: (x) => reshape(x, [6, 4]),
    host: (x) => host.reshape(x, [6, 4]),
  },
  "reshape() with one size left open": {
    shape: [2, 3, 4],
    device: (x) => reshape(x, [4, -1, 2]),
    host: (x) => host.reshape(x, [4, 3, 2]),
  },
  "reshape() of a scalar": {
    shape: [],
    device: (x) => reshape(x, [1, 1]),
    host: (x) => host.reshape(x, [1, 1]),
  },
  "transpose() of the last two axes": {
    shape: [2, 3, 4],
    device: (x) => transpose(x),
    host: (x) => host.transpose(x, [0, 2, 1]),
  },
  "transpose() of six axes": {
    shape: [2, 1, 3, 2, 1, 4],
    device: (x) => transpose(x, [5, -4, 0, 1, 3, 4]),
    host: (x) => host.transpose(x, [5, 2, 0, 1, 3, 4]),
  },
  "transpose() twice": {
    shape: [2, 3, 4],
    device: (x) => transpose(transpose(x, [1, 2, 0]), [1, 2, 0]),
    host: (x) => host.transpose(x, [2, 0, 1]),
  },
  "broadcastTo() of leading axes": {
    shape: [3, 4],
    device: (x) => broadcastTo(x, [2, 5, 3, 4]),
    host: (x) => host.broadcastTo(x, [2, 5, 3, 4]),
  },
  "broadcastTo() of trailing axes": {
    shape: [3, 1, 1],
    device: (x) => broadcastTo(x, [3, 4, 5]),
    host: (x) => host.broadcastTo(x, [3, 4, 5]),
  },
  "broadcastTo() of inner and outer axes": {
    shape: [1, 3, 1, 4, 1],
    device: (x) => broadcastTo(x, [2, 3, 5, 4, 2]),
    host: (x) => host.broadcastTo(x, [2, 3, 5, 4, 2]),
  },
  "broadcastTo() of a scalar to six axes": {
    shape: [],
    device: (x) => broadcastTo(x, [1, 2, 1, 3, 2, 2]),
    host: (x) => host.broadcastTo(x, [1, 2, 1, 3, 2, 2]),
  },
  "slice() of all axes": {
    shape: [5, 6, 7],
    device: (x) => slice(x, [1, 2, 0], [4, 6, 5]),
    host: (x) => host.slice(x, [1, 2, 0], [4, 6, 5]),
  },
  "slice() counted from the end, other axes whole": {
    shape: [5, 6, 7],
    device: (x) => slice(x, [-3, 1], [-1]),
    host: (x) => host.slice(x, [2, 1, 0], [4, 6, 7]),
  },
  "slice() to one element": {
    shape: [3, 3],
    device: (x) => slice(x, [1, 2], [2, 3]),
    host: (x) => host.slice(x, [1, 2], [2, 3]),
  },
  "pad() of all axes": {
    shape: [2, 3, 2],
    device: (x) => pad(x, [1, 0, 2], [0, 2, 1]),
    host: (x) => host.pad(x, [1, 0, 2], [0, 2, 1]),
  },
  "pad() with a value": {
    shape: [4],
    device: (x) => pad(x, [3], [2], -1.5),
    host: (x) => host.pad(x, [3], [2], -1.5),
  },
  "a transposed slice of a padded tensor": {
    shape: [3, 4],
    device: (x) => transpose(slice(pad(x, [1, 2], [2, 1], 0.5), [0, 1], [5, 7])),
    host: (x) =>
      host.transpose(host.slice(host.pad(x, [1, 2], [2, 1], 0.5), [0, 1], [5, 7]), [1, 0]),
  },
  "a padded slice of a broadcast transpose": {
    shape: [1, 3, 4],
    device: (x) => {
      const wide = broadcastTo(transpose(x, [2, 0, 1]), [4, 2, 3]);
      return pad(slice(wide, [1, 0, 1], [4, 2, 3]), [0, 1, 0], [1, 0, 2], 2);
    },
    host: (x) => {
      const wide = host.broadcastTo(host.transpose(x, [2, 0, 1]), [4, 2, 3]);
      return host.pad(host.slice(wide, [1, 0, 1], [4, 2, 3]), [0, 1, 0], [1, 0, 2], 2);
    },
  },
  "reshapes between transposes, up to six axes": {
    shape: [4, 6],
    device: (x) => {
      const six = transpose(reshape(x, [2, 2, 1, 3, 1, 2]), [3, 0, 5, 2, 1, 4]);
      return transpose(reshape(six, [3, 4, 2]), [2, 0, 1]);
    },
    host: (x) => {
      const six = host.transpose(host.reshape(x, [2, 2, 1, 3, 1, 2]), [3, 0, 5, 2, 1, 4]);
      return host.transpose(host.reshape(six, [3, 4, 2]), [2, 0, 1]);
    },
  },
};

for (const [name, view] of Object.entries(VIEWS)) {
  Deno.test(`${name} agrees with the host, forward and backward`, async () => {
    await assertAgrees(([x]) => view.device(x), ([x]) => view.host(x), [numbers(view.shape, 1)]);
  });
}

Deno.test("views of what has not been computed yet agree with the host", async () => {
  await assertAgrees(
    ([x, y]) => mul(transpose(exp(x)), slice(pad(add(x, y), [0, 1], [0, 2], 3), [1, 0], [3, 3])),
    ([x, y]) => {
      const padded = host.pad(host.elementwise((x, y) => x + y, x, y), [0, 1], [0, 2], 3);
      const grown = host.transpose(host.elementwise(Math.exp, x), [1, 0]);
      return host.elementwise((a, b) => a * b, grown, host.slice(padded, [1, 0], [3, 3]));
    },
    [numbers([3, 2], 2), numbers([2], 3)],
  );
});

Deno.test("views keep the type, halves and booleans too", async () => {
  const values = [1, 0, 1, 1, 0, 0];
  for (const dtype of ["f16", "i32", "u32", "bool"] as const) {
    const x = tensor(values, { dtype, shape: [2, 3] });
    const results = [
      transpose(x),
      reshape(x, [6]),
      slice(x, [0, 1]),
      broadcastTo(x, [2, 2, 3]),
      pad(x, [0, 1], [0, 0], 1),
    ];
    assertEquals(results.map((result) => result.dtype), results.map(() => dtype));
    assertEquals((await read(results)).map((result) => [...result]), [
      [1, 1, 0, 0, 1, 0],
      values,
      [0, 1, 0, 0],
      [...values, ...values],
      [1, 1, 0, 1, 1, 1, 0, 0],
    ]);
  }
});

Deno.test("views cost no kernel of their own", async () => {
  const x = onDevice(numbers([6, 8], 4));
  const seen = slice(transpose(reshape(x, [2, 3, 8]), [2, 0, 1]), [1], [7]);
  const { dispatches } = await counted(() => read([sum(mul(seen, 2))]));
  assertEquals(dispatches, 1);
});

Deno.test("a view that changes nothing is the tensor itself", () => {
  const x = onDevice(numbers([2, 3], 5));
  assertEquals(reshape(x, [2, -1]), x);
  assertEquals(transpose(x, [0, 1]), x);
  assertEquals(slice(x, [0, 0], [2, 3]), x);
  assertEquals(pad(x, [0, 0], [0, 0]), x);
  assertEquals(broadcastTo(x, [2, 3]), x);
});

Deno.test("views refuse shapes that do not fit, with both shapes", () => {
  const x = onDevice(numbers([2, 3], 6));
  assertThrows(
    () => reshape(x, [4, 2]),
    ShapeError,
    "Cannot reshape [2, 3] to [4, 2]: it has 6 elements",
  );
  assertThrows(() => reshape(x, [-1, 4]), ShapeError, "Cannot reshape [2, 3] to [-1, 4]");
  assertThrows(() => reshape(x, [-1, -1]), ShapeError, "Cannot reshape [2, 3] to [-1, -1]");
  assertThrows(
    () => transpose(x, [0, 0]),
    ShapeError,
    "Cannot transpose [2, 3] by axes [0, 0]: name every axis once",
  );
  assertThrows(
    () => transpose(tensor([1])),
    ShapeError,
    "Cannot transpose [1]: it has 1 axes, not two",
  );
  assertThrows(
    () => broadcastTo(x, [3, 3]),
    ShapeError,
    "Cannot broadcast [2, 3] to [3, 3]: sizes must match or be 1",
  );
  assertThrows(() => broadcastTo(x, [3]), ShapeError, "Cannot broadcast [2, 3] to [3]");
  assertThrows(
    () => slice(x, [0, 2], [1, 2]),
    ShapeError,
    "Cannot slice [2, 3] from 2 to 2 on axis 1: its size is 3",
  );
  assertThrows(
    () => slice(x, [0], [3]),
    ShapeError,
    "Cannot slice [2, 3] from 0 to 3 on axis 0: its size is 2",
  );
  for (const places of [[[0, 0, 0]], [[0], [1, 1, 1]]]) {
    const [starts, ends] = places;
    const message = "Cannot slice [2, 3] on 3 axes: it has 2";
    assertThrows(() => slice(x, starts, ends), ShapeError, message);
  }
  assertThrows(() => slice(x, [0.5]), ShapeError, "Cannot slice [2, 3] from 0.5");
  assertThrows(
    () => pad(x, [1], [0, 0]),
    ShapeError,
    "Cannot pad [2, 3] by [1] and [0, 0]: give one count from 0 per axis",
  );
  assertThrows(() => pad(x, [0, -1], [0, 0]), ShapeError, "give one count from 0 per axis");
  assertThrows(
    () => reshape(tensor([1]), Array(9).fill(1)),
    ShapeError,
    "it has 9 axes, at most 8 are supported",
  );
});

Deno.test("tensors of more elements than 32 bits number are refused", async () => {
  const long = arange(2 ** 16);
  const refused = (make: () => Tensor, shape: string, size: number) => {
    const message = `${shape}: it has ${size} elements, at most 4294967295 are supported`;
    assertThrows(make, ShapeError, message);
  };
  const square = () => broadcastTo(long, [2 ** 16, 2 ** 16]);
  refused(square, "Cannot broadcast to [65536, 65536]", 2 ** 32);
  refused(() => full([2 ** 33], 1), "Cannot make a tensor of shape [8589934592]", 2 ** 33);
  refused(() => pad(long, [2 ** 32], [0]), "Cannot pad to [4295032832]", 2 ** 32 + 2 ** 16);
  const rows = cast(long, "i32");
  const wide = broadcastTo(tensor([[1]]), [1, 2 ** 16]);
  refused(() => take(wide, rows), "Cannot make a tensor of shape [65536, 65536]", 2 ** 32);
  const most = broadcastTo(reshape(arange(2 ** 16 + 1), [-1, 1]), [2 ** 16 + 1, 2 ** 16 - 1]);
  assertEquals(await slice(reshape(most, [-1]), [-1]).data(), Float32Array.of(2 ** 16));
});
