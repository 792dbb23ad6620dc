import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  add,
  currentGpu,
  evaluate,
  exp,
  GpuError,
  mul,
  openGpu,
  read,
  submit,
  sum,
  tensor,
  variable,
  zeros,
} from "../../gpu/mod.ts";
import { adapterName, currentDevice } from "../../gpu/device.ts";
import type { PointwiseSpec } from "../../gpu/node.ts";
import { unary } from "../../gpu/ops/define.ts";
import { fromRoot } from "../../tools/root.ts";
import { deno } from "../../tools/run_deno.ts";
import { counted } from "./support.ts";

const LOST = "Lost the GPU device (destroyed)";
const GONE = "open it again with openGpu(), a training run continues from its last checkpoint";

/** The engine computes, on a new device where the last one is gone. */
async function assertUsable(): Promise<void> {
  await openGpu();
  const x = variable(tensor([1, 2]));
  x.assign(mul(x, 3));
  assertEquals(await add(x, 1).toArray(), [4, 7]);
  await currentGpu().settled();
}

Deno.test("without an adapter openGpu() says what to install", async () => {
  // A back end that this system does not have.
  const backend = Deno.build.os === "windows" ? "metal" : "dx12";
  const { output } = await deno(
    ["run", "--no-lock", fromRoot("tests/gpu/fixtures/without_gpu.ts")],
    { env: { DENO_WEBGPU_BACKEND: backend } },
  );
  const message =
    "GpuError: Cannot find a WebGPU adapter: install a Vulkan, Metal or DirectX 12 driver";
  assert(output.includes(`open: ${message}`), output);
});

Deno.test("before openGpu() nothing is computed, and the message says to await it", async () => {
  const { success, output } = await deno(
    ["run", "--no-lock", fromRoot("tests/gpu/fixtures/without_gpu.ts")],
  );
  const message = "GpuError: Cannot compute yet: no GPU is open, await openGpu() first";
  for (const what of ["read", "variable", "current"]) {
    assert(output.includes(`${what}: ${message}`), output);
  }
  assert(output.includes("open: fine") && output.includes("host values: fine"), output);
  assert(success, output);
});

Deno.test("an adapter that gives no device is an error with its name", async () => {
  (await openGpu()).close();
  const adapter = (await navigator.gpu.requestAdapter())!;
  const cause = new DOMException("Out of handles", "OperationError");
  adapter.requestDevice = () => Promise.reject(cause);
  navigator.gpu.requestAdapter = () => Promise.resolve(adapter);
  const error = await assertRejects(() => openGpu(), GpuError)
    .finally(() => Reflect.deleteProperty(navigator.gpu, "requestAdapter"));
  assertEquals(
    error.message,
    `Cannot open a device on ${adapterName(adapter.info)}: Out of handles`,
  );
  assertEquals(error.cause, cause);
  await assertUsable();
});

Deno.test("a lost device is a clear error, and openGpu() opens another", async () => {
  const gpu = await openGpu();
  const x = tensor([1, 2]);
  const held = exp(x);
  const weights = variable(x);
  evaluate([held]);
  assertEquals(await weights.toArray(), [1, 2]);
  gpu.device.destroy();
  const error = await assertRejects(() => add(held, 1).data(), GpuError, LOST);
  assert(error.message.endsWith(GONE), error.message);
  await assertRejects(() => weights.data(), GpuError, LOST);
  assertThrows(() => evaluate([mul(x, 2)]), GpuError, LOST);
  await assertRejects(() => gpu.settled(), GpuError, LOST);
  assertEquals(gpu.usable, false);
  const next = await openGpu();
  assert(next !== gpu && next.usable);
  assertEquals(next.counters.buffersMade, 0);
  await assertUsable();
});

Deno.test("host values go to the new device, what lived on the lost one says so", async () => {
  const gpu = await openGpu();
  const x = tensor([1, 2]);
  const held = exp(x);
  const weights = variable(tensor([5]));
  evaluate([held, add(weights, 1)]);
  gpu.device.destroy();
  await gpu.device.lost;
  await openGpu();
  assertEquals(await mul(x, 2).toArray(), [2, 4]);
  const message = "Cannot use a tensor of a GPU device that is gone";
  await assertRejects(() => add(held, 1).data(), GpuError, message);
  await assertRejects(() => weights.data(), GpuError, message);
  assertThrows(() => weights.write(Float32Array.of(1)), GpuError, message);
  await assertUsable();
});

Deno.test("a device lost while values are awaited ends the wait with a clear error", async () => {
  const gpu = await openGpu();
  const waiting = sum(exp(zeros([1000]))).data();
  gpu.device.destroy();
  await assertRejects(() => waiting, GpuError, LOST);
  await assertUsable();
});

Deno.test("updates recorded before a device was lost do not reach the next one", async () => {
  const gpu = await openGpu();
  const x = variable(tensor([1]));
  x.assign(add(x, 1));
  gpu.device.destroy();
  await gpu.device.lost;
  assertThrows(() => submit(), GpuError, LOST);
  await assertUsable();
});

Deno.test("a closed device says that it was closed", async () => {
  const gpu = await openGpu();
  const x = add(tensor([1]), 1);
  gpu.close();
  gpu.close();
  await assertRejects(
    () => x.data(),
    GpuError,
    "Cannot use a GPU device that was closed: open it again",
  );
  await assertUsable();
});

Deno.test("openGpu() gives the same device until it is gone", async () => {
  const [a, b] = await Promise.all([openGpu(), openGpu()]);
  assert(a === b && a === currentGpu());
  assert(a.info.description.length > 0 || a.info.vendor.length > 0);
  assert(a.limits.maxStorageBuffersPerShaderStage >= 8);
});

Deno.test("a tensor larger than the adapter's buffers is refused with both sizes", async () => {
  const { limits } = await openGpu();
  const most = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  const large = zeros([most / 4 + 64]);
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  const error = assertThrows(() => evaluate([large]), GpuError);
  assertEquals(
    error.message,
    `Cannot make a buffer of ${mib(most + 256)} MiB: this adapter takes at most ${
      mib(most)
    } MiB in one buffer, take a smaller batch or split the tensor`,
  );
  await assertRejects(() => large.data(), GpuError, "Cannot make a buffer of");
  await assertUsable();
});

Deno.test("running out of memory says so once, and what to do", async () => {
  await openGpu();
  const device = currentDevice();
  device.report(new GPUOutOfMemoryError("Not enough memory left"));
  const error = await assertRejects(() => device.settled(), GpuError);
  assertEquals(
    error.message,
    "Ran out of GPU memory: Not enough memory left; take a smaller batch or fewer teacher columns",
  );
  assert(error.cause instanceof GPUOutOfMemoryError);
  await assertUsable();
  device.report(new GPUOutOfMemoryError("Again"));
  await assertRejects(() => add(tensor([1]), 1).data(), GpuError, "Ran out of GPU memory: Again");
  await assertUsable();
});

Deno.test("a broken kernel is an error with the kernel's name instead of zeros", async () => {
  await openGpu();
  const device = currentDevice();
  device.compile("fn main( { this is no WGSL }", "broken[2x3]", 1, 1);
  const error = await assertRejects(() => device.settled(), GpuError);
  assertEquals(error.kernel, "broken[2x3]");
  assert(
    error.message.startsWith("WebGPU refused a command in kernel broken[2x3]: "),
    error.message,
  );
  await assertUsable();
});

Deno.test("a broken kernel is an error for everybody who waits while it is found", async () => {
  await openGpu();
  const broken = (name: string) => {
    const spec: PointwiseSpec = {
      wgsl: (x) => `${name}(${x})`,
      gradients: [null],
      interval: [0, 1],
    };
    return unary(name, "float", spec)(tensor([1, 2])).data();
  };
  const waits = ["missing", "unknown", "absent"].map(broken);
  const next = waits[0].catch(() => assertUsable()); // new work begins before the others know
  for (const { status, reason } of await Promise.allSettled(waits) as PromiseRejectedResult[]) {
    assertEquals(status, "rejected");
    assert(reason instanceof GpuError && reason.kernel === "missing[2]", String(reason));
  }
  await next;
  const last = await assertRejects(() => broken("lost"), GpuError);
  assertEquals(last.kernel, "lost[2]");
  await assertUsable();
});

Deno.test("a command that WebGPU refuses is thrown at the next wait", async () => {
  const gpu = await openGpu();
  gpu.device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
  await assertRejects(() => gpu.settled(), GpuError, "WebGPU refused a command: ");
  await gpu.settled(); // told once
  await assertUsable();
});

Deno.test("a disposed tensor is refused, also by a plan that has run before", async () => {
  await openGpu();
  const message = "Cannot use a tensor that was disposed of: drop it, or dispose of it later";
  const x = exp(tensor([1, 2]));
  evaluate([x]);
  const run = () => add(x, 1).data();
  await run();
  x.dispose();
  x.dispose();
  await assertRejects(run, GpuError, message);
  await assertRejects(() => x.data(), GpuError, message);
  const weights = variable(tensor([1]));
  const step = () => {
    weights.assign(add(weights, 1));
    submit();
  };
  step();
  weights.dispose();
  assertThrows(step, GpuError, message);
  const target = variable(tensor([1]));
  const overwrite = () => {
    target.assign(zeros([1]));
    submit();
  };
  overwrite();
  target.dispose();
  assertThrows(overwrite, GpuError, message);
  await assertUsable();
});

Deno.test("using frees a tensor's memory at the end of its block", async () => {
  await openGpu();
  const before = currentGpu().counters.liveBytes;
  {
    using large = exp(zeros([20 * 2 ** 20]));
    evaluate([large]);
    assert(currentGpu().counters.liveBytes >= before + 80 * 2 ** 20);
  }
  // The plan's own memory stays; the tensor's is above what the pool keeps.
  assert(currentGpu().counters.liveBytes < before + 2 * 80 * 2 ** 20);
  const again = exp(zeros([20 * 2 ** 20]));
  const moved = await counted(() => evaluate([again]));
  assertEquals(moved.liveBytes, 80 * 2 ** 20);
  again.dispose();
});

Deno.test("reads that are refused leave no memory behind", async () => {
  await openGpu();
  const x = variable(tensor([1, 2]));
  const late = mul(x, 2);
  x.assign(add(x, 1));
  submit();
  const refuse = () => assertRejects(() => read([late]), GpuError, "was recorded before");
  await refuse();
  const moved = await counted(async () => {
    for (let i = 0; i < 10; i++) await refuse();
  });
  assertEquals([moved.buffersMade, moved.liveBytes], [0, 0]);
  await assertUsable();
});
