import { assertEquals, assertThrows } from "@std/assert";
import { Output, type Streams } from "../../cli/output.ts";
import { keepingStreams } from "./support.ts";

Deno.test("lines are for people, events for machines, never both", () => {
  const shown: string[] = [];
  for (const json of [false, true]) {
    const streams = keepingStreams();
    const output = new Output(streams, json);
    output.line("a line");
    output.field("Label", "text");
    output.event({ event: "done", step: 1 });
    shown.push(streams.texts.stdout);
  }
  assertEquals(shown, ["a line\nLabel     text\n", '{"event":"done","step":1}\n']);
});

Deno.test("the progress line is rewritten in place, cut to the width, and cleared for a line", () => {
  const streams = keepingStreams({ terminal: true, columns: 10 });
  const output = new Output(streams, false);
  output.progress("step 1 of many");
  output.progress("step 2");
  output.line("done");
  output.line("more");
  assertEquals(
    streams.texts.stdout,
    "\rstep 1 of\x1b[K\rstep 2\x1b[K\r\x1b[Kdone\nmore\n",
  );
});

Deno.test("there is no progress line where no person looks, nor among JSON lines", () => {
  for (const [terminal, json] of [[false, false], [true, true]]) {
    const streams = keepingStreams({ terminal });
    const output = new Output(streams, json);
    output.progress("step 1");
    assertEquals([output.showsProgress, streams.texts.stdout], [false, ""]);
  }
});

Deno.test("a note goes to stderr and takes the progress line away first", () => {
  const streams = keepingStreams({ terminal: true });
  const output = new Output(streams, false);
  output.progress("step 1");
  output.note("stopping");
  assertEquals(streams.texts, { stdout: "\rstep 1\x1b[K\r\x1b[K", stderr: "stopping\n" });
});

Deno.test("colours appear on terminals that may show them, and nowhere else", () => {
  const bold = (how: Parameters<typeof keepingStreams>[0]) =>
    new Output(keepingStreams(how), false).styled("bold", "x");
  assertEquals(bold({ terminal: true, colours: true }), "\x1b[1mx\x1b[0m");
  assertEquals(bold({ terminal: true, colours: false }), "x");
  assertEquals(bold({ terminal: false, colours: true }), "x");
});

/** Streams whose stdout fails. */
function failing(error: Error): Streams {
  const broken = {
    isTerminal: false,
    columns: 80,
    write: () => {
      throw error;
    },
  };
  return { ...keepingStreams(), stdout: broken };
}

Deno.test("a closed pipe aborts the signal and silences what follows", () => {
  const output = new Output(failing(new Deno.errors.BrokenPipe("gone")), false);
  assertEquals(output.closed.aborted, false);
  output.line("one");
  assertEquals(output.closed.aborted, true);
  output.line("two");
});

Deno.test("any other failure to write is an error", () => {
  const output = new Output(failing(new Error("disk full")), false);
  assertThrows(() => output.line("one"), Error, "disk full");
  assertEquals(output.closed.aborted, false);
});
