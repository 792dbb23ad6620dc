/** What to do about drivers, judged from what an adapter says of itself. */

import { type AdapterInfo, isSoftware } from "../gpu/mod.ts";

/** The facts that advice follows from. */
export interface AdapterFacts {
  /** What the adapter says of itself. */
  readonly info: AdapterInfo;
  /** Storage buffers that one kernel may have. */
  readonly storageBuffers: number;
}

/**
 * What could be better about the driver.
 *
 * The version of Mesa is in no field of WebGPU; what its llvmpipe allows tells it: 16 storage
 * buffers a stage through OpenGL, 32 with Mesa 22, 48 with Mesa 25.
 *
 * @param facts What the adapter says.
 * @param os Operating system, such as `linux`.
 * @returns Sentences, most important first; none where nothing is amiss.
 */
export function adviceOn(facts: AdapterFacts, os: string): string[] {
  const advice: string[] = [];
  const isMesa = os === "linux" && /llvmpipe/i.test(facts.info.description);
  if (isSoftware(facts.info)) {
    advice.push(
      "This is a software adapter: kernels run on the processor. It does everything, only slowly; " +
        "a graphics card with its driver is much faster.",
    );
  }
  if (os === "linux" && facts.storageBuffers <= 16) {
    advice.push(
      "The adapter seems to be reached through OpenGL. Install a Vulkan driver (Debian, Ubuntu: " +
        "apt-get install libvulkan1 mesa-vulkan-drivers) and set DENO_WEBGPU_BACKEND=vulkan.",
    );
  } else if (isMesa && facts.storageBuffers <= 32) {
    advice.push(
      "This Mesa seems to be of version 22 or so. Mesa 25 is 2 to 4 times as fast; on Debian 12 it " +
        "is in bookworm-backports: apt-get install -t bookworm-backports mesa-vulkan-drivers.",
    );
  }
  return advice;
}

/**
 * What to do where there is no adapter.
 *
 * @param os Operating system, such as `linux`.
 * @returns Sentences.
 */
export function adviceWithoutAdapter(os: string): string[] {
  const backend = "If DENO_WEBGPU_BACKEND is set, unset it, or set it to a driver that is there.";
  switch (os) {
    case "linux":
      return [
        "Install a Vulkan driver. Debian, Ubuntu: apt-get install libvulkan1 mesa-vulkan-drivers. " +
        "Fedora: dnf install mesa-vulkan-drivers. Arch: pacman -S vulkan-swrast, or the package of " +
        "your card.",
        "These hold a software adapter (lavapipe) too, so that no graphics card is needed; for one " +
        "from NVIDIA take its own driver. In a container, pass the card through.",
        `${backend} On Linux that is vulkan.`,
      ];
    case "darwin":
      return ["WebGPU needs Metal: macOS 11 or newer on a Mac that has it.", backend];
    case "windows":
      return ["Update the driver of the graphics card: WebGPU needs DirectX 12.", backend];
    default:
      return ["Install a Vulkan, Metal or DirectX 12 driver.", backend];
  }
}
