import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { VERSION } from "../../cli/version.ts";
import { apart, events } from "./support.ts";

Deno.test("doctor names Deno, adapter, limits and speed, and finds products right", async () => {
  const { exit, stdout, stderr } = await apart(["doctor", "--json"]);
  assertEquals([exit, stderr], [0, ""]);
  const [found, ...others] = events(stdout);
  assertEquals([found.event, found.ok, others.length], ["doctor", true, 0]);
  assertEquals([found.aft, found.deno], [VERSION, Deno.version.deno]);
  assertEquals(typeof found.adapter.software, "boolean");
  assert(found.limits.maxStorageBuffersPerShaderStage >= 8);
  assert(found.speed.gflops > 0 && found.speed.readback > 0 && found.speed.error < 1e-5);
});

Deno.test("doctor without an adapter says what to install and exits with 1", async () => {
  // This backend exists on Windows alone.
  const { exit, stdout, stderr } = await apart(["doctor"], {
    DENO_WEBGPU_BACKEND: Deno.build.os === "windows" ? "vulkan" : "dx12",
  });
  assertEquals(exit, 1, stdout);
  assertStringIncludes(stdout, "Adapter   none");
  assertMatch(stdout, /Advice {4}/);
  assertMatch(stderr, /error: Cannot find a WebGPU adapter/);
});
