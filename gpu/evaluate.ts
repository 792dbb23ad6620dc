/** Turns what was recorded into work on the device: one plan, one submit. */

import { currentDevice, type Device } from "./device.ts";
import { byteLength, fromWords, toWords, type TypedArray } from "./dtype.ts";
import { isZeros, type Node, nodeSize } from "./node.ts";
import { buildGraph, refuseStale, type Request, topological, type Update } from "./plan/graph.ts";
import { Arena } from "./plan/memory.ts";
import { type Delivery, Plan } from "./plan/plan.ts";
import type { Storage } from "./storage.ts";

/** Plans that are remembered, at most; the one unused for longest goes first. */
const MAX_PLANS = 128;

/** What evaluation keeps for one device. */
class Session {
  readonly arena: Arena;
  readonly plans: Map<string, Plan> = new Map();
  readonly staging: Map<number, GPUBuffer[]> = new Map();

  constructor(readonly gpu: Device) {
    this.arena = new Arena(gpu);
  }

  /** The plan of a graph, the most recently used last. */
  plan(request: Request): (deliveries: readonly (Delivery | undefined)[]) => void {
    const graph = buildGraph(request);
    const key = fusing ? graph.key : `unfused\n${graph.key}`;
    let plan = this.plans.get(key);
    this.plans.delete(key);
    plan ??= new Plan(this.gpu, this.arena, graph, fusing);
    this.plans.set(key, plan);
    if (this.plans.size > MAX_PLANS) {
      const [oldest, unused] = this.plans.entries().next().value!;
      this.plans.delete(oldest);
      unused.dispose();
    }
    const ready = plan;
    return (deliveries) => ready.run(graph, deliveries);
  }
}

const sessions = new WeakMap<Device, Session>();
let updates: Update<Node>[] = [];
/** Whether something that was recorded needs their results. */
let isReadLater = false;
/** Whether ops melt into each other. */
let fusing = true;

/**
 * Plans what is sent to the device before `run` returns with a kernel for every op: slow, and a check
 * on fusion.
 */
export function withoutFusion<T>(run: () => T): T {
  fusing = false;
  try {
    return run();
  } finally {
    fusing = true;
  }
}

function session(): Session {
  const gpu = currentDevice();
  gpu.check();
  let known = sessions.get(gpu);
  if (known === undefined) {
    sessions.set(gpu, known = new Session(gpu));
    // What was to be updated on a device that was lost went down with it.
    updates = updates.filter(({ storage }) => storage.buffer.owner === gpu);
  }
  return known;
}

/** Puts a node's host values on the device, again where they went down with another. */
export function upload(node: Node): Storage {
  const value = node.value!;
  const lost = value.host !== undefined && value.storage?.buffer.owner.usable === false;
  if (value.storage === undefined || lost) {
    const { gpu } = session();
    const words = toWords(value.host!, node.dtype);
    value.storage = gpu.allocate(byteLength(node.dtype, nodeSize(node)));
    gpu.device.queue.writeBuffer(value.storage.handle, value.storage.offset, words);
    value.version = value.storage.version;
  }
  return value.storage;
}

/** Records that `storage` takes the value of `node` when the step ends. */
export function recordUpdate(node: Node, storage: Storage): void {
  // A second update of the same memory belongs to a later step: send the earlier ones first. So it is
  // with what came after them: it may read this memory too, as it is now.
  if (isReadLater || updates.some((update) => update.storage.overlaps(storage))) submitUpdates();
  updates.push({ value: node, storage });
  storage.expectUpdate();
}

/** Notes that something reads a variable as a recorded update will leave it. */
export function expectLaterRead(): void {
  isReadLater = true;
}

/** True where updates have been recorded that are not submitted yet. */
export function hasUpdates(): boolean {
  return updates.length > 0;
}

/** Sends all recorded updates to the device, without outputs. */
export function submitUpdates(): void {
  if (updates.length > 0) send([], []);
}

/** Computes `nodes` and keeps each in storage of its own; recorded updates run too. */
export function materialise(nodes: readonly Node[]): Storage[] {
  return keep(nodes, send);
}

/** Like {@link materialise}, but a step that is being recorded goes on: its updates wait. */
export function materialiseFirst(nodes: readonly Node[]): Storage[] {
  return keep(nodes, nodes.some(laterThanNow) ? send : sendOutputs);
}

function keep(nodes: readonly Node[], run: typeof send): Storage[] {
  const { gpu } = session();
  const storages = nodes.map((node) => gpu.allocate(byteLength(node.dtype, nodeSize(node))));
  const computed = nodes.filter((node) => !isZeros(node));
  run(computed, computed.map((node) => storages[nodes.indexOf(node)]));
  clear(gpu, storages.filter((_, i) => isZeros(nodes[i])));
  return storages;
}

/** Sets memory to zeros, which takes no kernel. */
function clear({ device, counters }: Device, storages: readonly Storage[]): void {
  if (storages.length === 0) return;
  const encoder = device.createCommandEncoder();
  for (const { handle, offset, bytes } of storages) encoder.clearBuffer(handle, offset, bytes);
  device.queue.submit([encoder.finish()]);
  counters.submits++;
}

/** Computes `nodes` and brings their values to the host, in one readback. */
export async function readNodes(nodes: readonly Node[]): Promise<TypedArray[]> {
  const open = session();
  const { gpu } = open;
  const { mark } = gpu;
  const sizes = nodes.map((node) => byteLength(node.dtype, nodeSize(node)));
  const offsets: number[] = [];
  let total = 0;
  for (const size of sizes) {
    offsets.push(total);
    total += size;
  }
  const bytes = Math.max(4096, 2 ** Math.ceil(Math.log2(total)));
  const staging = open.staging.get(bytes)?.pop() ?? gpu.make(bytes, 0x1 | 0x8);
  try {
    send(nodes, offsets.map((offset) => ({ handle: staging, offset })));
  } catch (error) {
    shelve(open, staging);
    throw error;
  }
  gpu.counters.readbacks++;
  try {
    await staging.mapAsync(0x1, 0, total);
    const mapped = staging.getMappedRange(0, total);
    const values = nodes.map((node, i) => {
      const copy = mapped.slice(offsets[i], offsets[i] + sizes[i]);
      return fromWords(copy, node.dtype, nodeSize(node));
    });
    staging.unmap();
    shelve(open, staging);
    await gpu.checked(mark);
    return values;
  } catch (cause) {
    // A device that was lost says so more clearly than the mapping that failed with it.
    await gpu.checked(mark);
    throw cause;
  }
}

/** Keeps a buffer for the next readback of its size. */
function shelve({ staging }: Session, buffer: GPUBuffer): void {
  const shelf = staging.get(buffer.size);
  if (shelf === undefined) staging.set(buffer.size, [buffer]);
  else shelf.push(buffer);
}

/** Runs pending updates and computes `nodes`; one submit unless a node needs an update's result. */
function send(nodes: readonly Node[], deliveries: readonly Delivery[]): void {
  const open = session();
  const later = nodes.map(laterThanNow);
  const pending = updates;
  [updates, isReadLater] = [[], false];
  const now = nodes.filter((_, i) => !later[i]);
  if (pending.length > 0 || now.length > 0) {
    try {
      pending.forEach(({ storage }) => storage.refuseDead());
      prepare([...now, ...pending.map(({ value }) => value)]);
      open.plan({ outputs: now, updates: pending })(deliveries.filter((_, i) => !later[i]));
    } finally {
      // A refused step is over too: its updates are dropped, and nothing waits for them.
      for (const { storage } of pending) storage.endUpdate();
    }
  }
  sendOutputs(nodes.filter((_, i) => later[i]), deliveries.filter((_, i) => later[i]));
}

/** What {@link send} would plan for these nodes: one request, two where some need an update's result. */
export function requestsFor(nodes: readonly Node[]): Request[] {
  session();
  const wanted = [...new Set(nodes)].filter(({ value }) => value === undefined);
  const [now, later] = [false, true].map((late) => wanted.filter((n) => laterThanNow(n) === late));
  const requests = [{ outputs: now, updates: [...updates] }, { outputs: later, updates: [] }];
  return requests.filter(({ outputs, updates }) => {
    prepare([...outputs, ...updates.map(({ value }) => value)]);
    return outputs.length + updates.length > 0;
  });
}

/** Computes `nodes` alone. */
function sendOutputs(nodes: readonly Node[], deliveries: readonly Delivery[]): void {
  if (nodes.length === 0) return;
  prepare(nodes);
  session().plan({ outputs: nodes, updates: [] })(deliveries);
}

/** True where `node` reads a variable, before or after updates. */
export function readsVariables(node: Node): boolean {
  return topological([node]).some(({ value }) => value?.isReplaced);
}

/** True where `node` reads a variable after an update that is still pending. */
function laterThanNow(node: Node): boolean {
  return updates.length > 0 &&
    topological([node]).some(({ value }) =>
      value?.storage !== undefined && value.version > value.storage.version
    );
}

function prepare(roots: readonly Node[]): void {
  for (const node of topological(roots)) {
    if (node.value === undefined) continue;
    upload(node).refuseDead();
    refuseStale(node);
  }
}
