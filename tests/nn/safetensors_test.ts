import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { FormatError, ShapeError } from "../../gpu/errors.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafeDType,
  type SafeTensorInput,
  toFloat32,
  toInt32,
} from "../../nn/safetensors.ts";
import { decodeSafetensorsHeader } from "../../nn/safetensors_header.ts";
import { DATA, WITHOUT_DATA } from "../aft/data/shared.ts";

/** A file with exactly this header text and these bytes after it. */
function raw(header: string, data: readonly number[] = []): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

function refused(bytes: Uint8Array<ArrayBuffer>, message: string): FormatError {
  return assertThrows(() => decodeSafetensors(bytes, "f"), FormatError, message);
}

const one = (dtype: string, shape: string, range: string) =>
  `{"a":{"dtype":"${dtype}","shape":${shape},"data_offsets":${range}}}`;

const everyType: Record<string, SafeTensorInput> = {
  f64: { dtype: "F64", shape: [2], values: Float64Array.of(0.1, -1e300) },
  f32: { dtype: "F32", shape: [1, 2], values: Float32Array.of(0.5, -7) },
  f16: { dtype: "F16", shape: [2], values: Float16Array.of(0.5, 65504) },
  bf16: { dtype: "BF16", shape: [1], values: Uint16Array.of(0x3fc0) },
  i64: { dtype: "I64", shape: [2], values: BigInt64Array.of(-5n, 9n) },
  i32: { dtype: "I32", shape: [1], values: Int32Array.of(-2147483648) },
  i16: { dtype: "I16", shape: [1], values: Int16Array.of(-32768) },
  i8: { dtype: "I8", shape: [3], values: Int8Array.of(-1, 0, 1) },
  u64: { dtype: "U64", shape: [1], values: BigUint64Array.of(2147483647n) },
  u32: { dtype: "U32", shape: [1], values: Uint32Array.of(3) },
  u16: { dtype: "U16", shape: [1], values: Uint16Array.of(65535) },
  u8: { dtype: "U8", shape: [1], values: Uint8Array.of(255) },
  bool: { dtype: "BOOL", shape: [2], values: Uint8Array.of(1, 0) },
};

Deno.test("tensors of every type come back with type, shape and bytes, aligned", () => {
  const bytes = encodeSafetensors(everyType, { note: "ünï" });
  const { tensors, metadata } = decodeSafetensors(bytes);
  assertEquals(metadata, { note: "ünï" });
  assertEquals(tensors.size, Object.keys(everyType).length);
  for (const [name, { dtype, shape, values }] of Object.entries(everyType)) {
    const found = tensors.get(name)!;
    assertEquals([found.dtype, found.shape], [dtype, shape]);
    const size = values.byteLength;
    assertEquals(found.bytes, new Uint8Array(values.buffer as ArrayBuffer, 0, size), name);
    assertEquals(found.bytes.byteOffset % (size / shape.reduce((a, b) => a * b, 1)), 0, name);
    assertStrictEquals(found.bytes.buffer, bytes.buffer, "a view, not a copy");
  }
});

Deno.test("decoded tensors are written again to the same bytes", () => {
  const bytes = encodeSafetensors(everyType, { note: "x" });
  const { tensors, metadata } = decodeSafetensors(bytes);
  const again = Object.fromEntries(
    [...tensors].map(([name, { dtype, shape, bytes }]) => [name, { dtype, shape, values: bytes }]),
  );
  assertEquals(encodeSafetensors(again, metadata), bytes);
});

Deno.test("toFloat32() reads every type", () => {
  const { tensors } = decodeSafetensors(encodeSafetensors(everyType));
  const read = (name: string) => [...toFloat32(tensors.get(name)!)];
  for (const name of ["f32", "f16", "i64", "i32", "i16", "i8", "u64", "u32", "u16", "u8", "bool"]) {
    const exact = Array.from(everyType[name].values as unknown as ArrayLike<number>, Number);
    const expected = exact.map(Math.fround);
    assertEquals(read(name), expected, name);
  }
  assertEquals(read("bf16"), [1.5]);
  const third = { dtype: "F64" as const, shape: [1], bytes: bytesOf(Float64Array.of(1 / 3)) };
  assertEquals([...toFloat32(third)], [Math.fround(1 / 3)]);
});

Deno.test("toFloat32() keeps infinity and NaN, and refuses what float32 cannot hold", () => {
  const wide = Float64Array.of(1, Infinity, NaN, 1e39);
  const tensor = { dtype: "F64" as const, shape: [2, 2], bytes: bytesOf(wide) };
  const error = assertThrows(
    () => toFloat32(tensor, { file: "a.safetensors", tensor: "x" }),
    FormatError,
    "Cannot read a.safetensors: x, row 1, column 1 holds 1e+39, which float32 cannot hold",
  );
  assertEquals([error.file, error.place], ["a.safetensors", "x, row 1, column 1"]);
  const fine = { dtype: "F64" as const, shape: [3], bytes: bytesOf(wide.subarray(0, 3)) };
  assertEquals([...toFloat32(fine)], [1, Infinity, NaN]);
});

Deno.test("toFloat32() is a view of aligned bytes and copies others", () => {
  const bytes = bytesOf(Float32Array.of(1, 2));
  const tensor = { dtype: "F32" as const, shape: [2], bytes };
  assertStrictEquals(toFloat32(tensor).buffer, bytes.buffer);
  const shifted = new Uint8Array(9);
  shifted.set(bytes, 1);
  assertEquals([...toFloat32({ ...tensor, bytes: shifted.subarray(1) })], [1, 2]);
});

Deno.test("toInt32() reads integers, booleans and whole floats", () => {
  const { tensors } = decodeSafetensors(encodeSafetensors(everyType));
  const read = (name: string) => [...toInt32(tensors.get(name)!)];
  for (const name of ["i64", "i32", "i16", "i8", "u64", "u32", "u16", "u8", "bool"]) {
    const expected = Array.from(everyType[name].values as unknown as ArrayLike<number>, Number);
    assertEquals(read(name), expected, name);
  }
  const whole = { dtype: "F32" as const, shape: [2], bytes: bytesOf(Float32Array.of(3, -0)) };
  assertEquals([...toInt32(whole)], [3, 0]);
});

Deno.test("toInt32() refuses fractions, NaN and integers beyond 32 bits, with their row", () => {
  const cases: [SafeDType, Uint8Array<ArrayBuffer>, string][] = [
    ["I64", bytesOf(BigInt64Array.of(0n, 2147483648n)), "row 1 holds 2147483648, not"],
    ["I64", bytesOf(BigInt64Array.of(0n, -4294967296n)), "row 1 holds -4294967296, not"],
    ["U32", bytesOf(Uint32Array.of(0, 4294967295)), "row 1 holds 4294967295, not"],
    ["F32", bytesOf(Float32Array.of(1, 0.5)), "row 1 holds 0.5, not a 32-bit integer"],
    ["F32", bytesOf(Float32Array.of(1, NaN)), "row 1 holds NaN, not a 32-bit integer"],
  ];
  for (const [dtype, bytes, message] of cases) {
    const tensor = { dtype, shape: [2], bytes };
    assertThrows(() => toInt32(tensor, { file: "f", tensor: "labels" }), FormatError, message);
  }
});

Deno.test("scalars, empty tensors and files without tensors are fine", () => {
  const { tensors } = decodeSafetensors(encodeSafetensors({
    scalar: { dtype: "F32", shape: [], values: Float32Array.of(4) },
    empty: { dtype: "F32", shape: [0, 3], values: new Float32Array(0) },
  }));
  assertEquals([...toFloat32(tensors.get("scalar")!)], [4]);
  assertEquals(toFloat32(tensors.get("empty")!).length, 0);
  assertEquals(decodeSafetensors(encodeSafetensors({})).tensors.size, 0);
  assertEquals(decodeSafetensors(raw("{}   ")).tensors.size, 0);
});

Deno.test("names that JavaScript treats specially are ordinary names", () => {
  const values = Uint8Array.of(1);
  const tensors = Object.fromEntries(
    ["2", "1", "__proto__", "constructor"].map((name) => [
      name,
      { dtype: "U8" as const, shape: [1], values },
    ]),
  );
  const found = decodeSafetensors(encodeSafetensors(tensors)).tensors;
  assertEquals([...found.keys()].sort(), ["1", "2", "__proto__", "constructor"]);
});

Deno.test("a header's length is checked before anything is read", () => {
  refused(new Uint8Array(7), "Cannot read f: it has 7 bytes, a safetensors file has 10 or more");
  const long = raw("{}");
  new DataView(long.buffer).setBigUint64(0, 100_000_001n, true);
  refused(long, "its header claims 100000001 bytes, the limit is 100000000");
  new DataView(long.buffer).setBigUint64(0, 3n, true);
  refused(long, "its header claims 3 of the 2 bytes that follow");
  new DataView(long.buffer).setBigUint64(0, 0n, true);
  refused(long, "its header claims 0 of the 2 bytes that follow");
});

Deno.test("a header that is not one JSON object is refused", () => {
  refused(raw("[]"), "its header is not a JSON object");
  refused(raw(" {}"), "its header is not a JSON object");
  refused(raw('{"a":'), "its header is not JSON");
  const notText = raw("{    }");
  notText[10] = 0xff;
  refused(notText, "its header is not JSON");
});

Deno.test("names that stand twice are refused, in the header and inside an entry", () => {
  const entry = '{"dtype":"U8","shape":[1],"data_offsets":[0,1]}';
  const error = refused(raw(`{"a":${entry},"\\u0061":${entry}}`, [1]), "names a twice");
  assertEquals([error.file, error.place], ["f", "a"]);
  refused(
    raw('{"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}', [1]),
    "names dtype twice",
  );
  refused(raw('{"__metadata__":{"k":"1","k":"2"}}'), "names k twice");
  const quoted = decodeSafetensors(raw('{"__metadata__":{"k":"{\\"a\\":1,\\"a\\":2}"}}'));
  assertEquals(quoted.metadata.k, '{"a":1,"a":2}', "text that looks like JSON is only text");
});

Deno.test("types, shapes and byte ranges are checked, with the tensor's name", () => {
  refused(raw(one("F8_E5M2", "[1]", "[0,1]"), [0]), 'tensor a has type "F8_E5M2", known are F64');
  refused(raw(one("toString", "[1]", "[0,1]"), [0]), 'has type "toString"');
  refused(raw('{"a":null}'), "tensor a has type undefined");
  refused(raw(one("U8", "[-1]", "[0,1]"), [0]), "tensor a has shape [-1]");
  refused(raw(one("U8", "[1.5]", "[0,1]"), [0]), "tensor a has shape [1.5]");
  refused(raw(one("U8", "3", "[0,3]"), [0, 0, 0]), "tensor a has shape 3");
  refused(raw(one("U8", "[1]", "[1,0]"), [0]), "tensor a has byte range [1,0]");
  refused(raw(one("U8", "[1]", "[0,1,2]"), [0]), "tensor a has byte range [0,1,2]");
  const short = refused(
    raw(one("F32", "[2, 3]", "[0,20]"), new Array(20).fill(0)),
    "Cannot read f: tensor a has 20 bytes, [2, 3] of F32 takes 24",
  );
  assertEquals(short.place, "a");
  refused(
    raw(one("F32", "[4294967296,4294967296]", "[0,4]"), [0, 0, 0, 0]),
    "tensor a has 4 bytes",
  );
});

Deno.test("overlaps, holes, bytes left over and files cut off are refused", () => {
  const two = (first: string, second: string) =>
    `{"a":{"dtype":"U8","shape":[2],"data_offsets":${first}},` +
    `"b":{"dtype":"U8","shape":[2],"data_offsets":${second}}}`;
  refused(raw(two("[0,2]", "[1,3]"), [1, 2, 3]), "tensor b overlaps the one before it");
  refused(raw(two("[0,2]", "[3,5]"), [1, 2, 3, 4, 5]), "1 bytes before tensor b belong to none");
  refused(raw(two("[2,4]", "[4,6]"), [1, 2, 3, 4, 5, 6]), "2 bytes before tensor a belong to none");
  refused(raw(two("[0,2]", "[2,4]"), [1, 2, 3]), "its tensors take 4 bytes, 3 are there");
  refused(raw(two("[0,2]", "[2,4]"), [1, 2, 3, 4, 5]), "1 bytes after its last tensor");
  const swapped = decodeSafetensors(raw(two("[2,4]", "[0,2]"), [1, 2, 3, 4]));
  assertEquals([...swapped.tensors.keys()], ["b", "a"], "in the order of the bytes");
});

Deno.test("metadata that is not text by name is refused, and so are booleans but 0 and 1", () => {
  for (const notes of ["[]", "null", '{"a":1}', '"x"']) {
    refused(raw(`{"__metadata__":${notes}}`), "its metadata is not text by name");
  }
  refused(raw(one("BOOL", "[2]", "[0,2]"), [1, 2]), "tensor a is BOOL and holds bytes other than");
});

Deno.test("the header alone can be read from the first bytes of a file", () => {
  const bytes = encodeSafetensors(everyType, { note: "x" });
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = decodeSafetensorsHeader(bytes.subarray(0, 8 + length), bytes.length, "f");
  assertEquals(header.dataStart, 8 + length);
  assertEquals(header.entries.get("f32")?.shape, [1, 2]);
  assertThrows(
    () => decodeSafetensorsHeader(bytes.subarray(0, 20), bytes.length, "f"),
    FormatError,
    "Cannot read f: it ends inside its header",
  );
});

Deno.test("encodeSafetensors() refuses values of another kind or number, and the kept name", () => {
  const write = (dtype: SafeDType, shape: number[], values: ArrayBufferView, name = "a") => () =>
    encodeSafetensors({ [name]: { dtype, shape, values } });
  assertThrows(
    write("F32", [2], new Float32Array(3)),
    ShapeError,
    "Cannot write tensor a: [2] of F32 takes 8 bytes, not 12",
  );
  assertThrows(
    write("I32", [2], new Float32Array(2)),
    ShapeError,
    "Cannot write tensor a: I32 is written from Int32Array or Uint8Array, not Float32Array",
  );
  assertThrows(write("U8", [1], new Uint8Array(1), "__metadata__"), ShapeError, "__metadata__");
});

Deno.test({
  name: "real features in half precision agree with the same features in single precision",
  ignore: WITHOUT_DATA,
  fn: async () => {
    const read = async (type: string) => {
      const file = `${DATA}/features/cifar10_resnet20.${type}.safetensors`;
      return decodeSafetensors(await Deno.readFile(file), file);
    };
    const [half, single] = [await read("f16"), await read("f32")];
    assert(half.metadata.teacher.includes("resnet20"));
    for (const name of ["train", "test"]) {
      const a = toFloat32(half.tensors.get(name)!);
      const b = toFloat32(single.tensors.get(name)!);
      assertEquals(a.length, b.length);
      // Half precision keeps 11 significant bits; below 2^-14 its steps are 2^-24.
      const off = a.findIndex((v, i) => Math.abs(v - b[i]) > Math.abs(b[i]) / 2048 + 2 ** -25);
      assertEquals(off, -1);
    }
  },
});

function bytesOf(values: ArrayBufferView<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

Deno.test("notes may be longer than expressions can match, with quotation marks in them", () => {
  const long = "a".repeat(2 ** 24);
  const notes = { long, quoted: 'a "b": \\', 'name "x"': "{}" };
  assertEquals(decodeSafetensors(encodeSafetensors({}, notes)).metadata, notes);
  const name = '\\"a\\\\';
  refused(raw(`{"${name}":1,"${name}":2}`), "twice");
});

Deno.test("encodeSafetensors() refuses what could not be read again", () => {
  const values = new Float32Array(4);
  for (const shape of [[-2, -2], [0.5, 8]]) {
    assertThrows(
      () => encodeSafetensors({ a: { dtype: "F32", shape, values } }),
      ShapeError,
      "is no shape",
    );
  }
  const flags = { dtype: "BOOL" as const, shape: [1], values: Uint8Array.of(255) };
  assertThrows(
    () => encodeSafetensors({ a: flags }),
    ShapeError,
    "BOOL is written as bytes 0 and 1",
  );
});
