import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { readText } from "../../aft/files.ts";
import { TrainingError } from "../../aft/training/error.ts";
import { explain } from "../../cli/errors.ts";
import { ConfigError, FormatError, GpuError, ShapeError } from "../../gpu/errors.ts";

Deno.test("what the user can mend is one line and exits with 2", () => {
  const errors = [
    new ShapeError("Cannot add [2] to [3]"),
    new FormatError("Cannot read a.csv"),
    new ConfigError("Cannot use --beta -1"),
    new Deno.errors.NotFound("Cannot find a.csv"),
    new Deno.errors.IsADirectory("Is a directory: runs"),
    new Deno.errors.PermissionDenied("Permission denied: a.csv"),
    new Deno.errors.NotCapable('Requires read access to "a.csv"'),
  ];
  for (const error of errors) {
    assertEquals(explain(error), {
      text: `error: ${error.message}`,
      message: error.message,
      exit: 2,
    });
  }
});

Deno.test("a path that is too long is one line and exits with 2", async () => {
  const error = await assertRejects(() => readText("a".repeat(300)));
  const { text, exit } = explain(error);
  assertMatch(text, /^error: Cannot find a{300}: the name is too long$/);
  assertEquals(exit, 2);
});

Deno.test("a folder in the place of a file is told in one line", async () => {
  const error = await assertRejects(() => readText("tests"));
  const { text, exit } = explain(error);
  assertEquals([text, exit], ["error: Cannot read tests: it is a folder, name a file in it", 2]);
});

Deno.test("a GPU that fails and a loss that is not finite are one line and exit with 1", () => {
  const errors = [
    new GpuError("Lost the GPU device"),
    new TrainingError("Cannot train on after step 3: the task loss is NaN", { step: 3, loss: NaN }),
  ];
  for (const error of errors) {
    const { text, exit } = explain(error);
    assertEquals([text, exit], [`error: ${error.message}`, 1]);
  }
});

Deno.test("what nobody expected keeps its stack and exits with 1", () => {
  const { text, message, exit } = explain(new TypeError("x is not a function"));
  assertStringIncludes(text, "TypeError: x is not a function\n    at ");
  assertEquals([message, exit], ["x is not a function", 1]);
  assertEquals(explain("thrown text"), {
    text: "error: thrown text",
    message: "thrown text",
    exit: 1,
  });
});

Deno.test("a message of several lines becomes one", () => {
  assertEquals(explain(new ConfigError("Cannot do:\n  a\n  b\n")).text, "error: Cannot do: a b");
});
