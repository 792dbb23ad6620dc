/** Writes the kernels of a schedule, and settles which updates may run in place. */

import type { KernelOp, Vertex } from "../node.ts";
import { sizeOf } from "../shape.ts";
import { type DeviceBuffer, Storage } from "../storage.ts";
import type { Boundary } from "./boundary.ts";
import { InPlaceConflict, type Target } from "./emitter.ts";
import { type Kernel, KernelWriter } from "./kernel_writer.ts";
import { computedCost, type Schedule, type Unit } from "./schedule.ts";

/** Kernels in running order, and copies that follow the last. */
export interface Program {
  kernels: readonly Kernel[];
  copies: readonly { value: Vertex; storage: Storage }[];
  /** Why each value that is read from memory, or written over a variable, is there. */
  boundaries: ReadonlyMap<Vertex, Boundary>;
}

type Kept = ReadonlyMap<Vertex, Boundary>;

type Direct = Schedule["inPlace"][number][number];

/** Threads of a workgroup of an element-wise kernel. */
const POINTWISE_THREADS = 64;
/** Elements from which a thread of an element-wise kernel computes four: below, compiling costs more. */
const FOURS_SIZE = 4096;
/** Arithmetic of one element up to which it does. */
const FOURS_COST = 64;

const OVER: Boundary = { kind: "update", reason: "it is written over its variable" };
const ASIDE: Boundary = {
  kind: "copy",
  reason: "its variable is still read where it would be overwritten: a copy follows",
};

/** Writes every kernel of a schedule, for a device that binds at most `bindable` buffers in one. */
export function writeProgram(schedule: Schedule, bindable: number): Program {
  const kept = new Map(schedule.kept);
  const last: Kernel[] = [];
  const extra: Unit[] = [];
  const copies = [...schedule.copied];
  const direct: Vertex[] = [];
  const overwritten = new Set<DeviceBuffer>();
  for (const group of schedule.inPlace) {
    for (const attempt of [group, ...(group.length > 1 ? group.map((one) => [one]) : [])]) {
      const kernel = writeInPlace(attempt, kept, overwritten, bindable);
      if (kernel !== undefined) {
        last.push(kernel);
        attempt.forEach(({ storage }) => overwritten.add(storage.buffer));
        direct.push(...attempt.map(({ unit }) => unit.roots[0]));
        if (attempt === group) break;
      } else if (attempt.length === 1) {
        const [{ unit, storage }] = attempt;
        kept.set(unit.roots[0], ASIDE);
        extra.push(unit);
        copies.push({ value: unit.roots[0], storage });
      }
    }
  }
  const kernels = [...schedule.units, ...extra].map((unit) =>
    writeUnit(unit, kept, unit.roots.map((vertex) => ({ vertex })))
  );
  const boundaries = new Map([...kept, ...direct.map((vertex) => [vertex, OVER] as const)]);
  return { kernels: [...kernels, ...last], copies, boundaries };
}

/**
 * The kernel of updates written over their variables, unless it would read what it overwrites, or
 * the updates together read more buffers than can be bound.
 */
function writeInPlace(
  group: readonly Direct[],
  kept: Kept,
  overwritten: ReadonlySet<DeviceBuffer>,
  bindable: number,
): Kernel | undefined {
  const targets = group.map(({ unit, storage }) => ({ vertex: unit.roots[0], storage }));
  try {
    const roots = group.map(({ unit }) => unit.roots[0]);
    const kernel = writeUnit({ roots, core: group[0].unit.core }, kept, targets);
    const stale = kernel.reads.some(({ vertex }) => {
      const { given } = vertex;
      return given instanceof Storage && overwritten.has(given.buffer);
    });
    const crowded = group.length > 1 && kernel.reads.length + group.length > bindable;
    return stale || crowded ? undefined : kernel;
  } catch (error) {
    if (error instanceof InPlaceConflict) return undefined;
    throw error;
  }
}

function writeUnit(
  unit: Unit,
  kept: Kept,
  targets: readonly Target[],
): Kernel {
  const writer = new KernelWriter((vertex) => kept.has(vertex), targets);
  if (unit.core === undefined) writePointwise(writer, unit.roots, kept);
  else (unit.core.op as KernelOp).write(writer, unit.core);
  const names = unit.core === undefined ? unit.roots : [unit.core, ...unit.roots];
  const label = [...new Set(names)].map(({ op, shape }) => `${op.name}[${shape.join("x")}]`);
  return writer.finish(label.join(" > "));
}

/**
 * One thread for four elements where there are many, a whole number of fours, and not so much to
 * compute that four times of it would make a long kernel; else for each element, or pair of halves.
 */
function writePointwise(writer: KernelWriter, roots: readonly Vertex[], kept: Kept): void {
  const [root] = roots;
  const size = sizeOf(root.shape);
  const fours = size >= FOURS_SIZE && size % 4 === 0 && computedCost(roots, kept) <= FOURS_COST;
  const each = fours ? 4 : root.dtype === "f16" ? 2 : 1;
  const threads = Math.ceil(size / each);
  writer.launch(Math.ceil(threads / POINTWISE_THREADS), POINTWISE_THREADS);
  writer.line(`let i = group * ${POINTWISE_THREADS}u + lid;`);
  writer.line(`if (i >= ${writer.param(threads)}) { return; }`);
  if (fours) writer.storePointwiseFour("i");
  else if (each === 2) writer.storeHalves("i");
  else writer.storePointwise("i");
}
