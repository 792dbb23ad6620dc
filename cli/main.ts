/** From arguments to an exit code: finds the command, reads its flags, runs it, tells errors. */

import { nearestName } from "../aft/nearest.ts";
import { ConfigError } from "../gpu/errors.ts";
import type { Command } from "./command.ts";
import { commands } from "./commands.ts";
import { explain } from "./errors.ts";
import { readArguments } from "./flags.ts";
import { commandHelp, overview } from "./help.ts";
import { Output, processStreams, type Streams } from "./output.ts";
import { readTuning } from "./tuning.ts";
import { VERSION } from "./version.ts";

/**
 * Runs the command that arguments ask for.
 *
 * @param args Arguments without the program's name.
 * @param streams Where words go; by default those of this process.
 * @returns The exit code.
 */
export async function runCommand(
  args: readonly string[],
  streams: Streams = processStreams(),
): Promise<number> {
  const output = new Output(streams, asksFor("json", args));
  try {
    return await dispatch(args, output);
  } catch (error) {
    const { text, message, exit } = explain(error);
    output.event({ event: "error", message, exit });
    output.note(text.replace(/^error:/, output.styledNote("red", "error:")));
    return exit;
  }
}

async function dispatch(args: readonly string[], output: Output): Promise<number> {
  const [name, ...others] = args;
  const heading = (text: string) => output.styled("bold", text);
  if (name === undefined) {
    for (const line of overview(commands, (text) => text)) output.note(line);
    return 2;
  }
  if (["--help", "-h", "help"].includes(name) && others.length === 0) {
    for (const line of overview(commands, heading)) output.raw(`${line}\n`);
    return 0;
  }
  if (["--version", "-V"].includes(name)) {
    output.raw(`aft ${VERSION}\n`);
    return 0;
  }
  const command = commandOf(name === "help" ? others[0] : name);
  if (name === "help" || others.includes("-h") || asksFor("help", others)) {
    const lines = commandHelp(command, output.columns, heading);
    for (const line of lines) output.raw(`${line}\n`);
    return 0;
  }
  const given = readArguments(command, others);
  await readTuning();
  return await command.run(given, output);
}

function commandOf(name: string): Command {
  const command = commands.find((known) => known.name === name);
  if (command !== undefined) return command;
  const names = commands.map((known) => known.name);
  const nearest = nearestName(name, names);
  const known = nearest ? `did you mean ${nearest}?` : `the commands are ${names.join(", ")}`;
  throw new ConfigError(`Cannot run aft ${name}: there is no such command; ${known}`, {
    field: "command",
    value: name,
  });
}

/** Whether a switch stands among arguments, before they are read: errors have to know. */
function asksFor(flag: string, args: readonly string[]): boolean {
  const end = args.indexOf("--");
  const before = end < 0 ? args : args.slice(0, end);
  return before.includes(`--${flag}`) || before.includes(`--${flag}=true`);
}
