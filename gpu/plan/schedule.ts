/** Decides what is kept in memory, what melts into which kernel, and in which order kernels run. */

import { tapCount, type Vertex } from "../node.ts";
import { sizeOf } from "../shape.ts";
import type { Storage } from "../storage.ts";
import type { Boundary, BoundaryKind } from "./boundary.ts";
import type { Graph, Update } from "./graph.ts";
import { stridedForm } from "./kernel_writer.ts";

/** One kernel to be written: its results, and the kernel op inside, if there is one. */
export interface Unit {
  roots: readonly Vertex[];
  core?: Vertex;
}

/** Units in the order in which they run. */
export interface Schedule {
  units: readonly Unit[];
  /** Vertices that are read from memory, each with why it is there. */
  kept: ReadonlyMap<Vertex, Boundary>;
  /** Updates that are computed straight into their variable, where that is safe; groups share a kernel. */
  inPlace: readonly (readonly { unit: Unit; storage: Storage }[])[];
  /** Updates whose value other kernels read as well: computed in memory, then copied. */
  copied: readonly { value: Vertex; storage: Storage }[];
}

/** Settings of a schedule. */
export interface ScheduleOptions {
  /** Buffers that one kernel may bind for reading. */
  maxReads: number;
  /** Whether ops melt into each other; otherwise each is a kernel. */
  fuse: boolean;
}

/** Arithmetic above which a value with several readers is kept rather than computed again. */
const KEEP_COST = 8;
/** Arithmetic above which an expression is cut in two, so that no kernel grows without end. */
const CUT_COST = 400;
/** Updates that share one kernel, at most: each takes a binding for writing. */
const MAX_TARGETS = 6;

/** Vertices in memory; the first reason to keep one stays. */
class Kept extends Map<Vertex, Boundary> {
  /** Keeps a vertex. */
  keep(vertex: Vertex, kind: BoundaryKind | "source", reason: string): void {
    if (!this.has(vertex)) this.set(vertex, { kind, reason });
  }
}

/** Schedules a graph. */
export function schedule(graph: Graph, { maxReads, fuse }: ScheduleOptions): Schedule {
  const readers = readersOf(graph);
  const direct = graph.updates.filter(({ value }) => isOwnResult(graph, readers, value));
  const results = new Set(direct.map(({ value }) => value));
  const kept = pinned(graph, results);
  if (!fuse) keepAll(graph, kept, results);
  const cores = meltIntoEpilogues(graph, readers, kept, results);
  for (const root of cores.keys()) {
    if (!results.has(root) && !kept.has(root)) kept.keep(root, ...endOf(root, readers));
  }
  const groups = groupsOf(direct, cores, fuse ? MAX_TARGETS : 1);
  keepShared(graph, readers, cores, kept, headsOf(groups));
  cutLarge(graph, kept, maxReads);
  const ends = shortened(cores, readers, kept);
  const units = graph.vertices
    .filter((vertex) => kept.has(vertex) && isComputed(vertex) && !results.has(vertex))
    .map((vertex) => ({ roots: [vertex], core: ends.get(vertex) }));
  return {
    units,
    kept,
    inPlace: groups.map((group) =>
      group.map(({ value, storage }) => ({
        unit: { roots: [value], core: ends.get(value) },
        storage,
      }))
    ),
    copied: graph.updates.filter(({ value }) => !results.has(value)),
  };
}

/** Neighbouring element-wise updates of one size become one kernel. */
function groupsOf(
  updates: Graph["updates"],
  cores: ReadonlyMap<Vertex, Vertex>,
  most: number,
): Update<Vertex>[][] {
  const groups: Update<Vertex>[][] = [];
  for (const update of updates) {
    const open = groups.at(-1);
    const fits = open !== undefined && open.length < most &&
      [open[0], update].every(({ value }) => !cores.has(value)) &&
      sizeOf(open[0].value.shape) === sizeOf(update.value.shape) &&
      open.every(({ storage }) => storage.buffer !== update.storage.buffer);
    if (fits) open.push(update);
    else groups.push([update]);
  }
  return groups;
}

/** The first result of each group by every result of it: what a group shares is computed once. */
function headsOf(groups: readonly (readonly Update<Vertex>[])[]): Map<Vertex, Vertex> {
  return new Map(
    groups.flatMap((group) => group.map(({ value }) => [value, group[0].value] as const)),
  );
}

function isComputed(vertex: Vertex): boolean {
  return vertex.given === undefined && vertex.op.kind !== "pack";
}

function readersOf(graph: Graph): Map<Vertex, Set<Vertex>> {
  const readers = new Map<Vertex, Set<Vertex>>();
  for (const vertex of graph.vertices) {
    readers.set(vertex, new Set());
    for (const input of vertex.inputs) readers.get(input)!.add(vertex);
  }
  return readers;
}

/** An update's value may go straight into the variable when nothing else wants to read it. */
function isOwnResult(graph: Graph, readers: Map<Vertex, Set<Vertex>>, value: Vertex): boolean {
  return isComputed(value) && readers.get(value)!.size === 0 && !graph.outputs.includes(value) &&
    graph.updates.filter((update) => update.value === value).length === 1;
}

/** What no kernel may swallow: data, outputs, packs and what they pack, strided operands. */
function pinned(graph: Graph, results: ReadonlySet<Vertex>): Kept {
  const kept = new Kept();
  for (const vertex of graph.outputs) kept.keep(vertex, "output", "it is asked for");
  for (const { value } of graph.updates) {
    if (!results.has(value)) {
      kept.keep(value, "copy", "it replaces a variable and is read as well: a copy follows");
    }
  }
  for (const vertex of graph.vertices) {
    const { op, inputs } = vertex;
    if (vertex.given !== undefined || op.kind === "pack") {
      kept.keep(vertex, "source", "it is there before the plan runs");
    }
    inputs.forEach((input, i) => {
      if (op.kind === "pack") kept.keep(input, "packed", "it fills its range of a shared buffer");
      if (op.kind === "kernel" && op.operands[i] !== "inline") {
        const { base } = stridedForm(input, op.operands[i] === "stored");
        kept.keep(base, "operand", `${op.name} reads it through strides`);
      }
    });
  }
  return kept;
}

/** Without fusion every op is a kernel. */
function keepAll(graph: Graph, kept: Kept, results: ReadonlySet<Vertex>): void {
  for (const vertex of graph.vertices) {
    if (!results.has(vertex)) kept.keep(vertex, "unfused", "fusion is off");
  }
}

/**
 * Follows each kernel op's result upwards while element-wise ops are its only readers; the last one
 * becomes what the kernel stores.
 */
function meltIntoEpilogues(
  graph: Graph,
  readers: Map<Vertex, Set<Vertex>>,
  kept: ReadonlyMap<Vertex, Boundary>,
  results: ReadonlySet<Vertex>,
): Map<Vertex, Vertex> {
  const cores = new Map<Vertex, Vertex>();
  const claimed = new Set<Vertex>();
  for (const core of graph.vertices) {
    if (core.op.kind !== "kernel" || core.given !== undefined) continue;
    let root = core;
    while (!kept.has(root) && !results.has(root)) {
      const next = onlyReader(readers, root);
      if (next === undefined || claimed.has(next) || !canMelt(next, core)) break;
      root = next;
      claimed.add(root);
    }
    cores.set(root, core);
  }
  return cores;
}

/** Epilogues end where they were cut since: what follows is a kernel of its own. */
function shortened(
  cores: ReadonlyMap<Vertex, Vertex>,
  readers: Map<Vertex, Set<Vertex>>,
  kept: ReadonlyMap<Vertex, Boundary>,
): Map<Vertex, Vertex> {
  const ends = new Map<Vertex, Vertex>();
  for (const [root, core] of cores) {
    let end = core;
    while (end !== root && !kept.has(end)) end = onlyReader(readers, end)!;
    ends.set(end, core);
  }
  return ends;
}

function onlyReader(readers: Map<Vertex, Set<Vertex>>, vertex: Vertex): Vertex | undefined {
  const all = readers.get(vertex)!;
  return all.size === 1 ? all.values().next().value : undefined;
}

/** Why what follows a kernel op's result did not melt into its kernel. */
function endOf(
  root: Vertex,
  readers: Map<Vertex, Set<Vertex>>,
): [kind: BoundaryKind, reason: string] {
  const all = [...readers.get(root)!];
  const names = [...new Set(all.map(({ op }) => op.name))].join(", ");
  if (all.length > 1) return ["readers", `${all.length} ops read it: ${names}`];
  const { kind, pointwise } = { pointwise: false, ...all[0].op };
  const why = kind === "kernel"
    ? "has a kernel of its own"
    : pointwise
    ? "belongs to another kernel, or stores halves"
    : "takes its elements in another order or number";
  return ["reader", `${names} reads it and ${why}`];
}

function canMelt(vertex: Vertex, core: Vertex): boolean {
  return vertex.op.kind === "inline" && vertex.op.pointwise === true && vertex.dtype !== "f16" &&
    sizeOf(vertex.shape) === sizeOf(core.shape);
}

/** Keeps values that several kernels would otherwise compute again at some cost. */
function keepShared(
  graph: Graph,
  readers: Map<Vertex, Set<Vertex>>,
  cores: Map<Vertex, Vertex>,
  kept: Kept,
  heads: ReadonlyMap<Vertex, Vertex>,
): void {
  const isRoot = (vertex: Vertex) => kept.has(vertex) || heads.has(vertex);
  const stored = new Map([...cores].map(([root, core]) => [core, root]));
  const kernelsOf = new Map<Vertex, Set<Vertex>>();
  for (const vertex of graph.vertices.toReversed()) {
    if (isRoot(vertex)) continue;
    const kernels = new Set<Vertex>();
    for (const reader of readers.get(vertex)!) {
      if (isRoot(reader)) kernels.add(heads.get(reader) ?? reader);
      else if (reader.op.kind === "kernel") kernels.add(stored.get(reader) ?? reader);
      else kernelsOf.get(reader)?.forEach((kernel) => kernels.add(kernel));
    }
    if (kernels.size > 1 && costOf(vertex, kept) > KEEP_COST) {
      kept.keep(vertex, "shared", `${kernels.size} kernels read it, and it is costly`);
    } else kernelsOf.set(vertex, kernels);
  }
}

function costOf(vertex: Vertex, kept: ReadonlyMap<Vertex, Boundary>): number {
  return kept.has(vertex) ? 0 : computedCost([vertex], kept);
}

/** Arithmetic of one element of each root, down to what is in memory; what is shared counts once. */
export function computedCost(
  roots: readonly Vertex[],
  kept: ReadonlyMap<Vertex, Boundary>,
): number {
  const seen = new Set<Vertex>();
  const visit = (v: Vertex): number => {
    if (seen.has(v) || v.op.kind !== "inline") return 0;
    seen.add(v);
    const inputs = v.inputs.filter((input) => !kept.has(input));
    return tapCount(v) * inputs.reduce((sum, input) => sum + visit(input), v.op.cost);
  };
  return roots.reduce((sum, root) => sum + visit(root), 0);
}

/** Cuts expressions that read more buffers than a kernel can bind, or that grow too long. */
function cutLarge(graph: Graph, kept: Kept, maxReads: number): void {
  const leavesOf = new Map<Vertex, Set<Vertex>>();
  const costs = new Map<Vertex, number>();
  const seen = (input: Vertex): Set<Vertex> =>
    kept.has(input) ? new Set([input]) : leavesOf.get(input)!;
  const union = (vertex: Vertex) => new Set(vertex.inputs.flatMap((input) => [...seen(input)]));
  for (const vertex of graph.vertices) {
    if (vertex.given !== undefined || vertex.op.kind === "pack") continue;
    const taps = tapCount(vertex);
    const cost = () =>
      taps * vertex.inputs.reduce((sum, v) => sum + (kept.has(v) ? 0 : costs.get(v)!), 0);
    for (;;) {
      const crowded = union(vertex).size > maxReads;
      if (!crowded && cost() <= CUT_COST) break;
      const cuttable = vertex.inputs.filter((v) => !kept.has(v) && v.op.kind === "inline");
      if (cuttable.length === 0) break;
      const weight = (v: Vertex) => seen(v).size + costs.get(v)! / CUT_COST;
      const part = cuttable.reduce((a, b) => weight(b) > weight(a) ? b : a);
      if (crowded) kept.keep(part, "bindings", `its kernel would read over ${maxReads} buffers`);
      else kept.keep(part, "length", "its kernel would grow too long");
    }
    leavesOf.set(vertex, union(vertex));
    costs.set(vertex, cost() + taps * (vertex.op.kind === "inline" ? vertex.op.cost : 0));
  }
}
