import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { ConfigError, FormatError, GpuError, ShapeError } from "../../gpu/errors.ts";

Deno.test("ShapeError is a TypeError that carries the shapes", () => {
  const error = new ShapeError("Cannot add [2] and [3]", { shapes: [[2], [3]] });
  assertInstanceOf(error, TypeError);
  assertEquals(error.shapes, [[2], [3]]);
  assertEquals(new ShapeError("x").shapes, []);
});

Deno.test("GpuError is an Error that carries the kernel", () => {
  const error = new GpuError("Cannot run kernel sum", { kernel: "sum" });
  assertInstanceOf(error, Error);
  assertEquals(error.kernel, "sum");
  assertEquals(new GpuError("x").kernel, undefined);
});

Deno.test("FormatError is a SyntaxError that carries file and place", () => {
  const error = new FormatError("Cannot read a.csv", { file: "a.csv", place: "row 3" });
  assertInstanceOf(error, SyntaxError);
  assertEquals([error.file, error.place], ["a.csv", "row 3"]);
});

Deno.test("ConfigError is a RangeError that carries field and value", () => {
  const error = new ConfigError("Cannot take 0 rows", { field: "train-size", value: 0 });
  assertInstanceOf(error, RangeError);
  assertEquals([error.field, error.value], ["train-size", 0]);
});

Deno.test("every error says its own name, also in the first line of its stack", () => {
  for (const Kind of [ShapeError, GpuError, FormatError, ConfigError]) {
    const error = new Kind("Cannot do it");
    assertEquals(error.name, Kind.name);
    assertEquals(String(error), `${Kind.name}: Cannot do it`);
    assert(error.stack?.startsWith(`${Kind.name}: Cannot do it`), error.stack);
  }
});

Deno.test("every error keeps its cause, and has none where none was given", () => {
  const cause = new Error("deeper");
  for (const Kind of [ShapeError, GpuError, FormatError, ConfigError]) {
    assertEquals(new Kind("x", { cause }).cause, cause);
    assert(!("cause" in new Kind("x")));
  }
});
