import { assert, assertEquals, assertMatch } from "@std/assert";
import { adviceOn, adviceWithoutAdapter } from "../../cli/advice.ts";
import { isSoftware } from "../../gpu/mod.ts";

/** Facts of an adapter by its name and its storage buffers. */
function facts(description: string, storageBuffers: number) {
  return { info: { vendor: "", architecture: "", device: "", description }, storageBuffers };
}

const lavapipe = "llvmpipe (LLVM 15.0.6, 256 bits)";

Deno.test("Mesa's software adapter is told from a card", () => {
  assert(isSoftware(facts(lavapipe, 48).info));
  assert(isSoftware(facts("Microsoft Basic Render Driver", 48).info));
  assert(!isSoftware(facts("NVIDIA H100", 524288).info));
  assertEquals(adviceOn(facts("NVIDIA H100", 524288), "linux"), []);
});

Deno.test("an old Mesa is sent to backports, a new one only told that it is software", () => {
  const [software, old] = adviceOn(facts(lavapipe, 32), "linux");
  assertMatch(software, /software adapter/);
  assertMatch(old, /version 22.*bookworm-backports/);
  assertEquals(adviceOn(facts(lavapipe, 48), "linux"), [software]);
});

Deno.test("an adapter behind OpenGL is sent to Vulkan", () => {
  const advice = adviceOn(facts("Mesa Intel UHD", 16), "linux");
  assertEquals(advice.length, 1);
  assertMatch(advice[0], /OpenGL.*libvulkan1 mesa-vulkan-drivers.*DENO_WEBGPU_BACKEND=vulkan/);
  assertEquals(adviceOn(facts("Apple M2", 16), "darwin"), []);
});

Deno.test("without an adapter every system is told what to install", () => {
  assertMatch(adviceWithoutAdapter("linux").join(" "), /apt-get install libvulkan1/);
  assertMatch(adviceWithoutAdapter("darwin").join(" "), /Metal/);
  assertMatch(adviceWithoutAdapter("windows").join(" "), /DirectX 12/);
  assertMatch(adviceWithoutAdapter("freebsd").join(" "), /Vulkan/);
  for (const os of ["linux", "darwin", "windows", "freebsd"]) {
    assertMatch(adviceWithoutAdapter(os).join(" "), /DENO_WEBGPU_BACKEND/);
  }
});
