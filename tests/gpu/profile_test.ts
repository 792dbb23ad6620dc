import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  add,
  currentGpu,
  evaluate,
  GpuError,
  matmul,
  openGpu,
  profile,
  read,
  relu,
  sum,
  type Tensor,
} from "../../gpu/mod.ts";
import { counted, numbers, onDevice } from "./support.ts";

await openGpu();

const inputs = () => [numbers([32, 48], 1), numbers([48, 16], 2)].map((x) => onDevice(x));
const layer = ([a, b]: Tensor[]) => relu(add(matmul(a, b), 1));

Deno.test("a profile lists the kernels that ran, with their runs, bytes and operations", async () => {
  const operands = inputs();
  evaluate(operands);
  const { rows, timed, submits, skipped, seconds, table } = await profile(() => {
    for (let i = 0; i < 3; i++) evaluate([layer(operands)]);
  }, { ceilings: false });
  const stamped = currentGpu().features.has("timestamp-query");
  assertEquals([timed, submits, skipped], [stamped ? "kernels" : "submits", 3, 0]);
  assertEquals(rows.length, 1);
  const [row] = rows;
  assertEquals([row.runs, row.ops], [3, ["product", "add", "relu"]]);
  assertEquals(row.bytes, 3 * 4 * (32 * 48 + 48 * 16 + 32 * 16));
  assert(row.operations >= 3 * 2 * 32 * 48 * 16);
  assert(row.seconds >= 0 && seconds > 0 && (row.share === 1 || row.seconds === 0));
  assertStringIncludes(table, row.label);
});

Deno.test("a trace is complete events of submits and kernels, in the form that viewers open", async () => {
  const operands = inputs();
  evaluate(operands);
  const { trace } = await profile(() => evaluate([layer(operands), sum(operands[0])]), {
    ceilings: false,
  });
  const { traceEvents } = JSON.parse(trace);
  const complete = traceEvents.filter(({ ph }: { ph: string }) => ph === "X");
  const kinds = complete.map(({ cat }: { cat: string }) => cat);
  assertEquals(kinds.filter((cat: string) => cat === "submit").length, 1);
  const stamped = currentGpu().features.has("timestamp-query");
  assertEquals(kinds.filter((cat: string) => cat === "kernel").length, stamped ? 2 : 0);
  for (const { ts, dur, pid, tid, name } of complete) {
    assert([ts, dur].every(Number.isFinite) && dur >= 0 && pid === 1 && tid > 0 && name !== "");
  }
});

Deno.test("without timestamps whole submits are timed, and the table says so", async () => {
  const operands = inputs();
  const { rows, timed, table } = await profile(() => evaluate([layer(operands)]), {
    timestamps: false,
    ceilings: false,
  });
  assertEquals([timed, rows.length], ["submits", 1]);
  assertStringIncludes(rows[0].label, "1 kernels from ");
  assertStringIncludes(table, "without timestamps of the device");
});

Deno.test("submits beyond the limit are counted and run untimed", async () => {
  const operands = inputs();
  evaluate(operands);
  const { submits, skipped, rows } = await profile(() => {
    for (let i = 0; i < 5; i++) evaluate([layer(operands)]);
  }, { submits: 2, ceilings: false });
  assertEquals([submits, skipped, rows[0].runs], [2, 3, 2]);
});

Deno.test("rows are held against what the adapter reaches", async () => {
  const operands = inputs();
  const { rows, ceilings, table } = await profile(() => evaluate([layer(operands)]));
  assert(ceilings!.operationsPerSecond > 0 && ceilings!.bytesPerSecond > 0);
  for (const { seconds, arithmeticShare, bandwidthShare } of rows) {
    assert(seconds === 0 || (arithmeticShare! > 0 && bandwidthShare! > 0));
  }
  assertStringIncludes(table, "operations/s in registers");
});

Deno.test("nothing is spent where no profile is taken, and its own buffers go with it", async () => {
  const operands = inputs();
  const step = () => read([layer(operands)]);
  await step();
  const before = await counted(step);
  await profile(step, { ceilings: false });
  assertEquals(await counted(step), before);
  assertEquals((await counted(() => profile(() => {}, { ceilings: false }))).liveBytes, 0);
});

Deno.test("a profile within a profile is refused, and what fails inside is passed on", async () => {
  await assertRejects(
    () => profile(() => profile(() => {}, { ceilings: false }), { ceilings: false }),
    GpuError,
    "Cannot take a profile within a profile",
  );
  await assertRejects(() => profile(() => Promise.reject(new Error("mine"))), Error, "mine");
  const { submits } = await profile(() => {}, { ceilings: false });
  assertEquals(submits, 0);
});
