import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { labels, rnd, transposed } from "../../bench/data.ts";
import { ours } from "../../bench/ours.ts";
import { runProfiles } from "../../bench/profile.ts";
import { run } from "../../bench/run.ts";
import type { Workload } from "../../bench/workload.ts";
import { product } from "../../bench/workloads/product.ts";
import { workloads } from "../../bench/workloads/mod.ts";
import { deno } from "../../tools/run_deno.ts";

const KEYS =
  "lib version adapter workload msPerStep msMin msMax firstStepMs gflops dispatches submits readbacks compiles buffersMade liveBytes peakBytes rssMb loss1"
    .split(" ");

/** Runs workloads in this process and keeps what they print. */
async function lines(args: readonly string[], table: readonly Workload[]) {
  const printed: string[] = [];
  const complaints: string[] = [];
  const code = await run(
    args,
    table.map(ours),
    { lib: "aft", version: "1.2.3", peakMb: () => 77 },
    {
      print: (line) => printed.push(line),
      complain: (line) => complaints.push(line),
    },
  );
  return { code, printed, complaints };
}

Deno.test("rnd is mulberry32 stretched to both sides of zero", () => {
  const values = rnd(1, 3, 2);
  assertAlmostEquals(values[0], 2 * (2 * 0.6270739405881613 - 1), 1e-7);
  assert(rnd(2, 1000).every((value) => Math.abs(value) <= 1));
  assertEquals([...rnd(1, 3)].map((value) => 2 * value), [...values]);
});

Deno.test("labels and transposed weights follow the definition", () => {
  assertEquals([...labels(4)], [3, 0, 7, 4]);
  assertEquals([...transposed(Float32Array.of(1, 2, 3, 4, 5, 6), 2, 3)], [1, 4, 2, 5, 3, 6]);
});

Deno.test("a product is measured with exactly the keys of a line, and a steady step makes nothing", async () => {
  const { code, printed, complaints } = await lines(["--json", "mm256"], workloads);
  assertEquals([code, printed.length, complaints], [0, 1, []]);
  const line = JSON.parse(printed[0]);
  assertEquals(Object.keys(line), KEYS);
  assertEquals(
    [line.lib, line.version, line.workload, line.rssMb],
    ["aft", "1.2.3", "mm256", 77],
  );
  const { dispatches, submits, readbacks, compiles, buffersMade } = line;
  assertEquals([dispatches, submits, readbacks, compiles, buffersMade], [1, 1, 0, 0, 0]);
  assert(0 < line.msMin && line.msMin <= line.msPerStep && line.msPerStep <= line.msMax);
  assert(line.peakBytes >= line.liveBytes && line.liveBytes >= 3 * 4 * 256 ** 2);
});

Deno.test("a training step with transfer has the loss of the definition in a plain table", async () => {
  const { code, printed, complaints } = await lines(["mlp_aft"], workloads);
  assertEquals([code, complaints], [0, []]);
  assertEquals(printed.map((line) => line.split(/ +/)[0]), ["workload", "mlp_aft"]);
});

Deno.test("a first loss that is another number fails the benchmark", async () => {
  const wrong = product("mm256", 256, 256, 256, 6.2636);
  const { code, complaints } = await lines(["--json"], [wrong]);
  assertEquals([code, complaints.length], [1, 1]);
  assertStringIncludes(complaints[0], "mm256 is wrong: its first loss is 6.26344");
});

Deno.test("an unknown workload is refused with the nearest name", async () => {
  const { code, printed, complaints } = await lines(["mm265"], workloads);
  assertEquals([code, printed], [2, []]);
  assertEquals(complaints, [
    "Cannot run workload mm265: did you mean mm256? Known are mm256, mm512, mm1024, mmrect, mlp, mlp_aft, conv, attn",
  ]);
  const { success } = await deno(["task", "--quiet", "bench", "nothing"]);
  assertEquals(success, false);
});

/** Profiles workloads in this process and keeps what they print and write. */
async function profiles(args: readonly string[]) {
  const printed: string[] = [];
  const complaints: string[] = [];
  const files = new Map<string, string>();
  const code = await runProfiles(args, workloads, {
    print: (line) => printed.push(line),
    complain: (line) => complaints.push(line),
    write: (path, text) => Promise.resolve(void files.set(path, text)),
  });
  return { code, printed, complaints, files };
}

Deno.test("a profile of a workload counts its kernels, bytes and operations, and leaves a trace", async () => {
  const { code, printed, complaints, files } = await profiles([
    ...["--profile", "--json", "--trace=traces/", "mm256"],
  ]);
  assertEquals([code, printed.length, complaints], [0, 1, []]);
  const { workload, steps, submits, skipped, rows, ceilings } = JSON.parse(printed[0]);
  assertEquals([workload, submits, skipped, rows.length], ["mm256", steps, 0, 1]);
  const [row] = rows;
  assertEquals([row.runs, row.share], [steps, 1]);
  assertEquals(row.bytes, steps * 3 * 4 * 256 ** 2);
  assert(row.operations >= steps * 2 * 256 ** 3 && ceilings.operationsPerSecond > 0);
  assert(row.arithmeticShare > 0 && row.bandwidthShare > 0);
  assertEquals([...files.keys()], ["traces/mm256.trace.json"]);
  const { traceEvents } = JSON.parse(files.get("traces/mm256.trace.json")!);
  const sent = traceEvents.filter(({ cat }: { cat?: string }) => cat === "submit");
  assertEquals(sent.length, steps);
});

Deno.test("a profile is a table for people, and knows the workloads by name", async () => {
  const { printed, files } = await profiles(["--profile", "mm256"]);
  assertStringIncludes(printed[0], "mm256, ");
  assertStringIncludes(printed[0], "of ceiling  kernel");
  assertStringIncludes(printed[0], "product[256x256]");
  assertEquals(files.size, 0);
  const { code, complaints } = await profiles(["--profile", "mm265"]);
  assertEquals([code, complaints.length], [2, 1]);
  assertStringIncludes(complaints[0], "Cannot run workload mm265: did you mean mm256?");
});
