/** `aft doctor`: what this machine has, what to mend, how fast it is. */

import {
  type AdapterInfo,
  adapterName,
  type Gpu,
  GpuError,
  isSoftware,
  openGpu,
} from "../gpu/mod.ts";
import { adviceOn, adviceWithoutAdapter } from "./advice.ts";
import { type Command, common } from "./command.ts";
import { bytes, number } from "./format.ts";
import type { Output } from "./output.ts";
import { switchFlag } from "./flags.ts";
import { measureSpeed, type Speed } from "./speed.ts";
import { tuneAdapter } from "./tuning.ts";
import { VERSION } from "./version.ts";

/** Largest relative error of a product that single precision explains. */
const MOST_ERROR = 1e-5;

const tune = switchFlag(
  "tune",
  "measure every kernel of matrix products, show the table, and keep it in the file that " +
    "AFT_TUNE_CACHE names; each command reads it from there",
);

/** Tells whether this machine is fit for training. */
export const doctor: Command = {
  name: "doctor",
  summary: "Deno, adapter, limits, advice on drivers, and a one-second speed test",
  usage: "[--tune] [--json]",
  notes: [
    "Exits with 1 where there is no adapter, or where it computes wrongly; it then says what to do.",
  ],
  examples: [
    ["Is this machine fit?", "aft doctor"],
    ["The same for machines", "aft doctor --json"],
    [
      "Which kernels are fastest here, for all runs to come",
      "aft doctor --tune",
    ],
  ],
  flags: [tune, common.json, common.help],
  run: (args, output) => examine(output, args.get(tune) === true),
};

/** What `--json` prints. */
interface Findings {
  aft: string;
  deno: string;
  system: string;
  cores: number;
  adapter: (AdapterInfo & { software: boolean }) | null;
  limits?: Record<string, number>;
  features?: string[];
  speed?: Speed;
  advice: string[];
  error?: string;
}

async function examine(output: Output, tuning: boolean): Promise<number> {
  const { os, arch } = Deno.build;
  const system: Findings = {
    aft: VERSION,
    deno: Deno.version.deno,
    system: `${os} ${arch}`,
    cores: navigator.hardwareConcurrency,
    adapter: null,
    advice: [],
  };
  output.field("aft", `${system.aft}`);
  output.field("Deno", `${system.deno}`);
  output.field("System", `${system.system}, ${system.cores} cores`);
  let gpu: Gpu;
  try {
    gpu = await openGpu();
  } catch (error) {
    if (!(error instanceof GpuError)) throw error;
    return reportAbsence(output, { ...system, error: error.message }, os);
  }
  const findings = { ...system, ...adapterFindings(gpu, os) };
  printAdapter(output, findings);
  output.progress("Measuring a matrix product ...");
  const speed = await measureSpeed(gpu);
  if (tuning) await tuneAdapter(output);
  gpu.close();
  return reportSpeed(output, { ...findings, speed });
}

function reportAbsence(output: Output, findings: Findings, os: string): number {
  const advice = adviceWithoutAdapter(os);
  output.field("Adapter", "none: training, evaluation and the demo need one");
  for (const sentence of advice) output.field("Advice", `${sentence}`);
  output.event({ event: "doctor", ok: false, ...findings, advice });
  output.note(output.styledNote("red", `error: ${findings.error}`));
  return 1;
}

const LIMITS = [
  ["maxBufferSize", "one buffer", bytes],
  ["maxStorageBufferBindingSize", "one binding", bytes],
  ["maxStorageBuffersPerShaderStage", "storage buffers a kernel", String],
  ["maxComputeWorkgroupStorageSize", "workgroup memory", bytes],
  ["maxComputeInvocationsPerWorkgroup", "threads a workgroup", String],
  ["maxComputeWorkgroupsPerDimension", "workgroups an axis", String],
] as const;

function adapterFindings(gpu: Gpu, os: string) {
  const limits = Object.fromEntries(LIMITS.map(([name]) => [name, gpu.limits[name]]));
  const facts = { info: gpu.info, storageBuffers: limits.maxStorageBuffersPerShaderStage };
  return {
    adapter: { ...gpu.info, software: isSoftware(gpu.info) },
    limits,
    features: [...gpu.features].sort(),
    advice: adviceOn(facts, os),
  };
}

function printAdapter(output: Output, { adapter, limits, features, advice }: Findings): void {
  const { software, ...info } = adapter!;
  output.field("Adapter", `${adapterName(info)}${software ? ", software" : ""}`);
  LIMITS.forEach(([key, text, show], i) => {
    output.field(i === 0 ? "Limits" : "", `${show(limits![key])}: ${text}`);
  });
  output.field("Features", `${features!.join(", ") || "none beyond the common ones"}`);
  for (const sentence of advice) output.field("Advice", `${sentence}`);
}

function reportSpeed(output: Output, findings: Findings & { speed: Speed }): number {
  const { size, gflops, readback, error } = findings.speed;
  const ok = error < MOST_ERROR;
  output.field(
    "Speed",
    `${number(gflops, 3)} GF/s in a product of ${size} x ${size} matrices, ` +
      `${number(readback, 2)} ms until a number is back`,
  );
  output.field(
    "Verdict",
    ok
      ? "ready: products agree with plain numbers"
      : `not usable: a product is off by ${number(error, 2)} of its value`,
  );
  output.event({ event: "doctor", ok, ...findings });
  if (!ok) output.note(output.styledNote("red", "error: The adapter computes wrongly: update it"));
  return ok ? 0 : 1;
}
