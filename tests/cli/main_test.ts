import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { configFields } from "../../aft/config_fields.ts";
import { commands } from "../../cli/commands.ts";
import { readArguments } from "../../cli/flags.ts";
import { VERSION } from "../../cli/version.ts";
import { fromRoot } from "../../tools/root.ts";
import { apart, events, here } from "./support.ts";

Deno.test("the version is that of the package", async () => {
  const { version } = JSON.parse(await Deno.readTextFile(fromRoot("deno.json")));
  assertEquals(VERSION, version);
  assertEquals(await here(["--version"]), { exit: 0, stdout: `aft ${version}\n`, stderr: "" });
});

Deno.test("the help names every command, on stdout where it was asked for", async () => {
  const asked = await here(["--help"]);
  assertEquals([asked.exit, asked.stderr], [0, ""]);
  for (const { name, summary } of commands) {
    assertStringIncludes(asked.stdout, `  ${name.padEnd(9)} ${summary}\n`);
  }
  assertEquals((await here(["help"])).stdout, asked.stdout);
  assertEquals((await here(["-h"])).stdout, asked.stdout);
});

Deno.test("without a command the help goes to stderr and nothing was done", async () => {
  const { exit, stdout, stderr } = await here([]);
  assertEquals([exit, stdout], [2, ""]);
  assertStringIncludes(stderr, "Usage: aft COMMAND [flags]");
});

Deno.test("each command's help names its flags and examples, within the width", async () => {
  for (const { name, flags, examples } of commands) {
    const { exit, stdout } = await here([name, "--help"], { columns: 80 });
    assertEquals(exit, 0);
    assertEquals((await here(["help", name], { columns: 80 })).stdout, stdout);
    for (const { flag } of flags) assertStringIncludes(stdout, `\n  --${flag}`, name);
    const [body, shown] = stdout.split("Examples:\n");
    for (const [, line] of examples) assertStringIncludes(shown, `  ${line}\n`);
    for (const line of body.split("\n")) {
      assert(line.length <= 80 || line.startsWith("Usage:"), `too wide: ${line}`);
    }
  }
});

Deno.test("every example in the help is a line that its command takes", () => {
  for (const command of commands) {
    assert(command.examples.length > 0, command.name);
    for (const [, line] of command.examples) {
      const [program, name, ...args] = line.split(" ");
      assertEquals([program, name], ["aft", command.name]);
      readArguments(command, args);
    }
  }
});

Deno.test("the flags of train are the fields of the configuration, each once", () => {
  const { flags } = commands.find(({ name }) => name === "train")!;
  const names = flags.map(({ flag }) => flag);
  assertEquals(new Set(names).size, names.length);
  const fields = Object.values(configFields).map(({ flag }) => flag);
  const others = names.filter((name) => !fields.includes(name));
  assertEquals(others, ["resume", "config", "profile", "json", "help"]);
  assertEquals(names.filter((name) => fields.includes(name)), fields);
});

Deno.test("unknown commands are refused with the nearest one, or with all of them", async () => {
  const near = await here(["trian"]);
  assertEquals(near, {
    exit: 2,
    stdout: "",
    stderr: "error: Cannot run aft trian: there is no such command; did you mean train?\n",
  });
  const { stderr } = await here(["dance"]);
  assertStringIncludes(stderr, "there is no such command; the commands are ");
});

Deno.test("errors are one line on stderr, and with --json an event on stdout too", async () => {
  const message = "Cannot use --stepps: aft train has no such flag; did you mean --steps?";
  assertEquals(await here(["train", "--stepps", "3"]), {
    exit: 2,
    stdout: "",
    stderr: `error: ${message}\n`,
  });
  const { exit, stdout, stderr } = await here(["train", "--json", "--stepps", "3"]);
  assertEquals([exit, stderr], [2, `error: ${message}\n`]);
  assertEquals(events(stdout), [{ event: "error", message, exit: 2 }]);
});

Deno.test("the word error is red on a terminal with colours, and plain where NO_COLOR is set", async () => {
  const terminal = await here(["dance"], { terminal: true, colours: true });
  assert(terminal.stderr.startsWith("\x1b[31merror:\x1b[0m Cannot run aft dance"));
  const plain = await here(["dance"], { terminal: true, colours: false });
  assert(plain.stderr.startsWith("error: Cannot run aft dance"));
});

Deno.test("as a program it exits with the command's code and writes to its own streams", async () => {
  const { exit, stdout, stderr } = await apart(["inspect", "nowhere.csv"]);
  assertEquals([exit, stdout, stderr], [2, "", "error: Cannot find nowhere.csv\n"]);
  const version = await apart(["--version"]);
  assertEquals([version.exit, version.stdout], [0, `aft ${VERSION}\n`]);
});
