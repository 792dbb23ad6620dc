import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { VERSION } from "../../cli/version.ts";
import { apart, events, inFolder } from "./support.ts";

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

Deno.test("doctor --tune shows the fastest kernels and keeps them where AFT_TUNE_CACHE says", async () => {
  await inFolder(async (folder) => {
    const file = `${folder}/tuning.json`;
    const { exit, stdout, stderr } = await apart(["doctor", "--tune"], { AFT_TUNE_CACHE: file });
    assertEquals([exit, stderr], [0, ""]);
    assertMatch(stdout, /\n {2}left, right and sizes +fastest +ms +untuned +ms\n/);
    assertStringIncludes(stdout, `\nTuned     ${file}\n`);
    const [classes] = Object.values(JSON.parse(await Deno.readTextFile(file)));
    assertEquals(Object.keys(classes as object).length, 7);
    await Deno.writeTextFile(file, "[3]");
    const broken = await apart(["inspect", folder], { AFT_TUNE_CACHE: file });
    assertEquals(broken.exit, 2);
    assertStringIncludes(broken.stderr, `Cannot read ${file}: a tuning table`);
  });
});
