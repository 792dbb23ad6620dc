import { assertEquals, assertThrows } from "@std/assert";
import {
  type Arguments,
  choiceFlag,
  flagOf,
  integerFlag,
  readArguments,
  switchFlag,
  textFlag,
} from "../../cli/flags.ts";
import { configFields } from "../../aft/config_fields.ts";
import { ConfigError } from "../../gpu/errors.ts";

const flags = {
  beta: flagOf(configFields.beta),
  features: flagOf(configFields.features),
  data: textFlag("data", "PATH", "the data"),
  split: choiceFlag("split", ["test", "train"], "the split"),
  seeds: integerFlag("seeds", [1, 20, 3], "how often"),
  json: switchFlag("json", "for machines"),
};
const signature = { name: "try", flags: Object.values(flags) };

function read(...args: string[]): Arguments {
  return readArguments(signature, args);
}

/** Asserts that arguments are refused with this message, and gives the error back. */
function assertRefused(args: readonly string[], message: string, rest?: string): ConfigError {
  const error = assertThrows(() => readArguments({ ...signature, rest }, args), ConfigError);
  assertEquals(error.message, message);
  return error;
}

Deno.test("flags take their value from the next argument or from behind an equals sign", () => {
  assertEquals(read("--beta", "3").get(flags.beta), 3);
  assertEquals(read("--beta=3").get(flags.beta), 3);
  assertEquals(read("--data=a=b").get(flags.data), "a=b");
});

Deno.test("flags that are not given have their default", () => {
  const args = read();
  assertEquals(args.get(flags.split), "test");
  assertEquals(args.get(flags.seeds), 3);
  assertEquals(args.get(flags.json), false);
  assertEquals(args.get(flags.data), undefined);
  assertEquals([...read("--json", "--data", "x").given], ["data", "json"]);
});

Deno.test("negative numbers are values, and are refused for what they are", () => {
  const error = assertRefused(
    ["--beta", "-1"],
    "Cannot use --beta -1: it must be a number from 0 to 1000000000, or one for each method of a combination",
  );
  assertEquals([error.field, error.value], ["beta", "-1"]);
  assertRefused(["--seeds=-.5"], "Cannot use --seeds -.5: it must be an integer from 1 to 20");
});

Deno.test("a flag without its value is refused, before the next flag or at the end", () => {
  const message = "Cannot use --beta without a value: write --beta N[,N...]";
  assertRefused(["--beta"], message);
  assertRefused(["--beta", "--json"], message);
  assertRefused(["--beta", "-x"], message);
  assertRefused(["--data="], 'Cannot use --data "": it must be a text');
});

Deno.test("values that are no numbers, no integers, or empty are refused", () => {
  for (const text of ["x", "NaN", "Infinity", "1e10", ""]) {
    assertRefused(
      [`--beta=${text}`],
      `Cannot use --beta ${text || '""'}: it must be ${flags.beta.range}`,
    );
  }
  for (const text of ["0", "21", "1.5", " "]) {
    assertRefused(
      [`--seeds=${text}`],
      `Cannot use --seeds ${text}: it must be an integer from 1 to 20`,
    );
  }
});

Deno.test("a single flag that is given twice is refused with both values", () => {
  const error = assertRefused(
    ["--seeds", "3", "--seeds", "4"],
    "Cannot use --seeds twice: it is given as 3 and as 4",
  );
  assertEquals([error.field, error.value], ["seeds", "4"]);
  assertRefused(["--json", "--json"], "Cannot use --json twice");
});

Deno.test("a list may be given with commas, several times, or both", () => {
  const paths = ["a", "b", "c"];
  assertEquals(read("--features", "a,b,c").get(flags.features), paths);
  assertEquals(read("--features", "a", "--features=b,c").get(flags.features), paths);
});

Deno.test("unknown flags are refused with the nearest name, or with where to look", () => {
  const error = assertRefused(
    ["--bta=3"],
    "Cannot use --bta: aft try has no such flag; did you mean --beta?",
  );
  assertEquals(error.field, "bta");
  assertRefused(["--colour"], "Cannot use --colour: aft try has no such flag, see aft try --help");
  assertRefused(["-q"], "Cannot use -q: aft try has no such flag, see aft try --help");
});

Deno.test("unknown names are refused with the nearest one", () => {
  assertRefused(
    ["--split", "tets"],
    "Cannot use --split tets: it must be one of test, train; did you mean test?",
  );
  assertRefused(["--split", "other"], "Cannot use --split other: it must be one of test, train");
});

Deno.test("switches can be turned off, and take no other value", () => {
  assertEquals(read("--json").get(flags.json), true);
  assertEquals(read("--json=false").get(flags.json), false);
  assertEquals(read("--json", "false").get(flags.json), false);
  assertEquals(read("--no-json").get(flags.json), false);
  assertRefused(["--json=yes"], "Cannot use --json yes: it must be true or false");
  assertRefused(
    ["--no-beta"],
    "Cannot use --no-beta: aft try has no such flag, see aft try --help",
  );
});

Deno.test("arguments that belong to no flag are refused where none is expected", () => {
  assertRefused(["x"], "Cannot use x: aft try takes flags alone, see aft try --help");
  assertRefused(["--json", "y"], "Cannot use y: aft try takes flags alone, see aft try --help");
});

Deno.test("other arguments keep their text and order, also those like numbers or flags", () => {
  const paths = { ...signature, rest: "PATH" };
  const args = readArguments(paths, ["1e3", "--json", "b", "--", "--beta", "007"]);
  assertEquals(args.rest, ["1e3", "b", "--beta", "007"]);
  assertEquals(args.get(flags.json), true);
});

Deno.test("a flag that is needed and not given is asked for by name", () => {
  const error = assertThrows(() => read().need(flags.data), ConfigError);
  assertEquals(error.message, "Cannot run aft try without --data PATH: the data");
  assertEquals(error.field, "data");
});
