/** Writes whole kernels: the frame around a template's lines, its loops, its results. */

import type { DType } from "../dtype.ts";
import type { Index, Strided, Vertex } from "../node.ts";
import { sizeOf, stridesOf } from "../shape.ts";
import { type ConstantSlot, Emitter, type ReadBinding, type Target } from "./emitter.ts";
import { elementType } from "./load.ts";

/** A kernel, ready to be compiled and bound. */
export interface Kernel {
  /** Names of the ops inside, for messages and profiles. */
  label: string;
  source: string;
  params: readonly number[];
  constants: readonly ConstantSlot[];
  reads: readonly ReadBinding[];
  targets: readonly Target[];
  groups: number;
}

/** Statements of one kernel. */
export class KernelWriter extends Emitter {
  readonly #shared: string[] = [];
  #workgroup = 64;
  #groups = 1;

  /** Sets how many workgroups run, and threads in each. */
  launch(groups: number, threads: number): void {
    this.#groups = groups;
    this.#workgroup = threads;
  }

  /** One statement. */
  line(text: string): void {
    this.lines.push(text);
  }

  /** A block of statements with names of its own. */
  block(header: string, body: () => void): void {
    this.lines.push(`${header} {`);
    this.push();
    body();
    this.pop();
    this.lines.push("}");
  }

  /** Memory that the threads of a workgroup share. */
  shared(name: string, type: string): void {
    this.#shared.push(`var<workgroup> ${name}: ${type};`);
  }

  /** How the elements of a strided operand are found in memory. */
  operand(vertex: Vertex): Strided {
    return stridedForm(vertex);
  }

  /** The same for an operand that is read as it is stored, in f32 or f16. */
  storedOperand(vertex: Vertex): Strided {
    return stridedForm(vertex, true);
  }

  /**
   * Stores the op's result at `index`, after whatever element-wise ops have melted into this kernel.
   *
   * @param index Place in the shape of `vertex`.
   * @param vertex The kernel op.
   * @param value Its value there.
   * @param guard Condition under which the place exists.
   */
  store(index: Index, vertex: Vertex, value: string, guard?: string): void {
    this.core = { vertex, value };
    const flat = this.flat(index);
    const inner = { ...index, flat };
    this.own = [flat];
    const results = this.targets.map(({ vertex: root }) =>
      this.#compute(root, this.reshaped(inner, root.shape))
    );
    const stores = results.map((result, i) => `out${i}[${flat}] = ${this.#stored(i, result)};`);
    this.lines.push(
      guard === undefined ? stores.join(" ") : `if (${guard}) { ${stores.join(" ")} }`,
    );
  }

  /** True where {@link storeFour} may be used: results that are f32 and overwrite no variable. */
  get canStoreFour(): boolean {
    return this.targets.every(({ vertex, storage }) =>
      vertex.dtype === "f32" && storage === undefined
    );
  }

  /** Stores four neighbours of the innermost axis at once; the first is at a multiple of four. */
  storeFour(indices: readonly Index[], vertex: Vertex, values: readonly string[]): void {
    this.wide = true;
    const places = this.#neighbours(indices);
    this.targets.forEach(({ vertex: root }, target) => {
      const results = indices.map((index, i) => {
        this.core = { vertex, value: values[i] };
        return this.#compute(root, this.reshaped({ ...index, flat: places[i] }, root.shape));
      });
      this.line(`out${target}[${this.fours.of(places[0])!.group}] = ${four("f32", results)};`);
    });
  }

  /** Numbers of four neighbours, known as such from now on, and their innermost coordinates too. */
  #neighbours(indices: readonly Index[]): string[] {
    const learn = (numbers: readonly string[]) => {
      const group = this.let(`(${numbers[0]}) >> 2u`, "u32");
      numbers.forEach((number, part) => this.fours.learn(number, group, part));
    };
    const lasts = indices.flatMap(({ coordinates }) => coordinates?.slice(-1) ?? []);
    if (lasts.length > 0) learn(lasts);
    const places = indices.map((index) => this.flat(index));
    learn(places);
    return places;
  }

  /** Stores element `flat` of every target; none of them has a kernel op inside. */
  storePointwise(flat: string): void {
    this.own = [flat];
    const results = this.targets.map(({ vertex }) =>
      this.#compute(vertex, { shape: vertex.shape, flat })
    );
    results.forEach((result, i) => this.line(`out${i}[${flat}] = ${this.#stored(i, result)};`));
  }

  /** Stores four neighbours, from element 4 * group on, of every target; likewise. */
  storePointwiseFour(group: string): void {
    this.wide = true;
    this.own = [0, 1, 2, 3].map((part) => this.fours.number(group, part));
    const results = this.targets.map(({ vertex }) =>
      this.own.map((flat) => this.#compute(vertex, { shape: vertex.shape, flat }))
    );
    results.forEach((parts, i) =>
      this.line(`out${i}[${group}] = ${four(this.targets[i].vertex.dtype, parts)};`)
    );
  }

  /** Stores halves 2 * pair and 2 * pair + 1 of an f16 target. */
  storeHalves(pair: string): void {
    const [{ vertex }] = this.targets;
    const both = [0, 1].map((half) => {
      const last = this.param(sizeOf(vertex.shape) - 1);
      const flat = this.let(`min(${pair} * 2u + ${half}u, ${last})`, "u32");
      return this.#compute(vertex, { shape: vertex.shape, flat });
    });
    this.line(`out0[${pair}] = pack2x16float(vec2<f32>(${both.join(", ")}));`);
  }

  /** The kernel, once its statements are written. */
  finish(label: string): Kernel {
    const count = this.param(this.#groups);
    const outputs = this.targets.map(({ vertex }, i) => {
      const element = elementType(vertex.dtype, this.wide);
      return binding(this.reads.length + 1 + i, "read_write", `out${i}`, element);
    });
    const source = [
      `struct Params { v: array<vec4<u32>, ${Math.ceil(this.params.length / 4)}> }`,
      "@group(0) @binding(0) var<uniform> params: Params;",
      ...this.reads.map(({ name, element }, i) => binding(i + 1, "read", name, element)),
      ...outputs,
      ...this.#shared,
      ...this.preludes,
      `@compute @workgroup_size(${this.#workgroup})`,
      "fn main(@builtin(workgroup_id) wid: vec3<u32>, @builtin(num_workgroups) wide: vec3<u32>,",
      "  @builtin(local_invocation_index) lid: u32) {",
      // Read once: some drivers fetch a uniform again wherever it is named, inside loops too.
      ...this.params.map((_, i) => `let p${i} = params.v[${i >> 2}].${"xyzw"[i & 3]};`),
      "let group = wid.y * wide.x + wid.x;",
      `if (group >= ${count}) { return; }`,
      ...this.lines,
      "}",
    ].join("\n");
    const { params, constants, reads, targets } = this;
    return { label, source, params, constants, reads, targets, groups: this.#groups };
  }

  #compute(vertex: Vertex, index: Index): string {
    return vertex === this.core?.vertex || vertex.op.kind !== "inline"
      ? this.core!.value
      : vertex.op.emit(this, vertex, index);
  }

  #stored(target: number, value: string): string {
    const { dtype } = this.targets[target].vertex;
    return dtype === "bool" ? `select(0u, 1u, ${value})` : value;
  }
}

/** Four results as they are stored. */
function four(dtype: DType, [x, y, z, w]: readonly string[]): string {
  switch (dtype) {
    case "f16":
      return `vec2<u32>(pack2x16float(vec2<f32>(${x}, ${y})), pack2x16float(vec2<f32>(${z}, ${w})))`;
    case "bool":
      return `select(vec4<u32>(0u), vec4<u32>(1u), vec4<bool>(${x}, ${y}, ${z}, ${w}))`;
    default:
      return `vec4<${dtype}>(${x}, ${y}, ${z}, ${w})`;
  }
}

function binding(at: number, access: string, name: string, element: string): string {
  return `@group(0) @binding(${at}) var<storage, ${access}> ${name}: array<${element}>;`;
}

/**
 * A vertex as strides over the nearest vertex below it that has to be in memory.
 *
 * @param vertex An operand.
 * @param asStored Whether the kernel reads f16 itself where the operand only widens it.
 */
export function stridedForm(vertex: Vertex, asStored = false): Strided {
  const { op, given } = vertex;
  // What has been computed is in memory as it is, and knows no inputs any more.
  const isSeen = op.kind === "inline" && given === undefined;
  const view = isSeen ? op.strided ?? (asStored ? op.stored : undefined) : undefined;
  const seen = view?.(vertex, stridedForm(vertex.inputs[0], asStored));
  return seen ?? { base: vertex, offset: 0, strides: stridesOf(vertex.shape) };
}
