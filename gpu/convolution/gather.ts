/**
 * The kernel of a convolution and of its gradient with respect to the image: every element of the
 * result gathers what it sums over. A thread keeps a block of channels times neighbouring columns in
 * registers; no matrix of patches is ever in memory.
 */

import type { Vertex } from "../node.ts";
import type { KernelWriter } from "../plan/kernel_writer.ts";
import { sizeOf, stridesOf } from "../shape.ts";
import { bindImages, Columns, rowStart } from "./columns.ts";
import type { Window } from "./window.ts";

/** One tap of a row of the window: its number, and the source column of each of a thread's columns. */
interface Tap {
  j: number;
  distances: number[];
}

/** Which elements of the source an element of the result sums over. */
export interface Gather {
  window: Window;
  groups: number;
  /** False for source = result * stride + tap, true for the way back. */
  back: boolean;
}

/** Threads of a workgroup. */
const THREADS = 64;
/** Most neighbouring columns of one thread. */
const COLUMNS = 4;
/** Threads below which smaller blocks, and so more threads, keep the adapter busier. */
const FEW = 1024;

/**
 * Writes the kernel for `vertex` [images, channels, rows, columns] from a source of the same form and
 * weights [summed channels, window rows, window columns, result channels]; with `back` the first
 * axis of the weights has the channels of all groups, otherwise the last has.
 */
export function writeGather(writer: KernelWriter, vertex: Vertex, gather: Gather): void {
  const tile = tileOf(writer, vertex, gather);
  for (let m = 0; m < tile.lanes.length; m++) {
    for (let t = 0; t < tile.wide; t++) {
      writer.line(`var acc${m}_${t} = ${tile.lane === 4 ? "vec4<f32>(0.0)" : "0.0"};`);
    }
  }
  const [, phases] = tile.phases;
  for (let phase = 0; phase < phases; phase++) {
    const taps = tapsOf(gather, phase, tile.wide);
    if (taps.length === 0) continue;
    if (phases === 1) writeSum(writer, vertex, gather, tile, taps);
    else {
      writer.block(
        `if (phase1 == ${phase}u)`,
        () => writeSum(writer, vertex, gather, tile, taps),
      );
    }
  }
  storeTile(writer, vertex, tile);
}

/** What one thread computes. */
interface Tile {
  /** Channels of a group that the thread takes, in groups of `lane`: the first channel of each. */
  lanes: readonly number[];
  lane: 1 | 4;
  /** Neighbouring columns (of one phase). */
  wide: number;
  /** Rows and columns of the result belong to this many phases, which use other taps. */
  phases: readonly [number, number];
  /** Expression of the image's number and of the group's. */
  image: string;
  group: string;
  /** Channels of one group, and whether blocks of channels overlap; likewise for columns. */
  channels: number;
  overlap: { channels: boolean; columns: boolean };
  /** Whether the four columns of a block are stored at once. */
  four: boolean;
}

function tileOf(writer: KernelWriter, vertex: Vertex, { window, groups, back }: Gather): Tile {
  const [images, all, rows, columns] = vertex.shape;
  const channels = all / groups;
  const phases = back ? window.stride : [1, 1] as const;
  const [tall, across] = [Math.ceil(rows / phases[0]), Math.ceil(columns / phases[1])];
  const wide = Math.min(COLUMNS, across);
  const lane = channels % 4 === 0 ? 4 : 1;
  const spread = (high: number) => [
    phases[0] * phases[1],
    images,
    groups,
    Math.ceil(channels / high),
    tall,
    Math.ceil(across / wide),
  ];
  const large = channels % 8 === 0 && sizeOf(spread(8)) >= FEW ? 8 : Math.min(4, channels);
  const shape = spread(large);
  writer.launch(Math.ceil(sizeOf(shape) / THREADS), THREADS);
  writer.line(`let tile = group * ${THREADS}u + lid;`);
  writer.line(`if (tile >= ${writer.param(sizeOf(shape))}) { return; }`);
  const [phase, image, group, high, row, block] = writer.coordinates({ shape, flat: "tile" });
  writer.line(`let phase0 = ${phase} / ${phases[1]}u;`);
  writer.line(`let phase1 = ${phase} % ${phases[1]}u;`);
  writer.line(`let row = phase0 + ${row} * ${phases[0]}u;`);
  if (rows % phases[0] !== 0) writer.line(`if (row >= ${writer.param(rows)}) { return; }`);
  // The last block is moved back inside, so that every thread has a full one.
  writer.line(`let m0 = min(${high} * ${large}u, ${writer.param(channels - large)});`);
  writer.line(`let x0 = min(${block} * ${wide}u, ${writer.param(across - wide)});`);
  const overlap = { channels: channels % large !== 0, columns: across % wide !== 0 };
  if (overlap.channels) writer.line(`let own0 = ${high} * ${large}u;`);
  if (overlap.columns) writer.line(`let own1 = ${block} * ${wide}u;`);
  const lanes = Array.from({ length: large / lane }, (_, i) => i * lane);
  const four = phases[1] === 1 && wide === 4 && columns % 4 === 0 && writer.canStoreFour;
  return { lanes, lane, wide, phases, image, group, channels, overlap, four };
}

/** The taps of a window's row that matter for columns of one phase. */
function tapsOf({ window, back }: Gather, phase: number, wide: number): Tap[] {
  const [[, width], [, stride], [, padding], [, dilation]] = [
    window.kernel,
    window.stride,
    window.padding,
    window.dilation,
  ];
  const columns = Array.from({ length: wide }, (_, t) => t);
  return Array.from({ length: width }, (_, j) => {
    const reach = phase + padding - j * dilation;
    if (!back) return { j, distances: columns.map((t) => t * stride + j * dilation - padding) };
    return { j, distances: reach % stride === 0 ? columns.map((t) => t + reach / stride) : [] };
  }).filter(({ distances }) => distances.length > 0);
}

/** Sums over the rows of the window, the channels of the group, and the given taps. */
function writeSum(
  writer: KernelWriter,
  vertex: Vertex,
  { window, groups, back }: Gather,
  tile: Tile,
  taps: readonly Tap[],
): void {
  const [source, weights] = vertex.inputs;
  const [, all, rows, width] = source.shape;
  const summed = all / groups;
  // A block of four columns starts at a multiple of four where the result's rows have one.
  const across = Math.ceil(vertex.shape[3] / tile.phases[1]);
  const images = bindImages(
    writer,
    writer.operand(source),
    width,
    tile.wide === 4 && across % 4 === 0,
  );
  const first = back || window.stride[1] === 1 ? "x0" : `x0 * ${window.stride[1]}u`;
  const masked = back || window.padding[1] > 0;
  const distances = taps.flatMap((tap) => tap.distances);
  const columns = new Columns(writer, images, first, distances, masked);
  const [perChannel, perRow, perTap] = stridesOf(weights.shape);
  const kernel = bindWeights(writer, writer.operand(weights).base, tile.lane);
  writer.block(`for (var i = 0u; i < ${writer.param(window.kernel[0])}; i++)`, () => {
    const row = sourceRow(writer, window, back, rows);
    writer.block(`if (${row.inside})`, () => {
      const channel = `${tile.group} * ${writer.param(summed)}`;
      writer.line(`var place = ${rowStart(writer, images, tile.image, channel, row.place)};`);
      const group = back
        ? `${tile.group} * ${writer.param(summed * perChannel)}`
        : `${tile.group} * ${writer.param(tile.channels)}`;
      writer.line(`var at = ${group} + i * ${writer.param(perRow)} + m0;`);
      writer.block(`for (var k = 0u; k < ${writer.param(summed)}; k++)`, () => {
        const column = columns.load("place");
        for (const { j, distances } of taps) {
          tile.lanes.forEach((lane, m) => {
            const place = `at + ${writer.param(j * perTap + lane)}`;
            const weight = writer.let(kernel(place), tile.lane === 4 ? "vec4<f32>" : "f32");
            distances.forEach((distance, t) =>
              writer.line(`acc${m}_${t} += ${weight} * ${column(distance)};`)
            );
          });
        }
        writer.line(`place += ${writer.param(images.strides[1])};`);
        writer.line(`at += ${writer.param(perChannel)};`);
      });
    });
  });
}

/** Expression of the weights from a place on: four channels or one. */
function bindWeights(writer: KernelWriter, base: Vertex, lane: 1 | 4): (place: string) => string {
  const name = writer.bind(base, lane === 4 ? "vec4<f32>" : "f32");
  return (place) => lane === 4 ? `${name}[(${place}) >> 2u]` : `${name}[${place}]`;
}

/** The source row that row `i` of the window meets, and whether it is there. */
function sourceRow(
  writer: KernelWriter,
  { stride: [stride], padding: [padding], dilation: [dilation] }: Window,
  back: boolean,
  rows: number,
): { place: string; inside: string } {
  const height = writer.param(rows);
  if (!back) {
    writer.line(`let met = i32(row * ${stride}u + i * ${dilation}u) - ${padding};`);
    return { place: "u32(met)", inside: `met >= 0 && met < i32(${height})` };
  }
  writer.line(`let reach = i32(row + ${padding}u) - i32(i * ${dilation}u);`);
  const whole = stride === 1 ? "" : ` && reach % ${stride} == 0`;
  return {
    place: `u32(reach / ${stride})`,
    inside: `reach >= 0${whole} && reach / ${stride} < i32(${height})`,
  };
}

function storeTile(writer: KernelWriter, vertex: Vertex, tile: Tile): void {
  const columns = Array.from(
    { length: tile.wide },
    (_, t) => writer.let(`phase1 + (x0 + ${t}u) * ${tile.phases[1]}u`, "u32"),
  );
  for (const [m, lane] of tile.lanes.entries()) {
    for (let part = 0; part < tile.lane; part++) {
      const channel = writer.let(
        `${tile.group} * ${writer.param(tile.channels)} + m0 + ${lane + part}u`,
        "u32",
      );
      const indices = columns.map((column) => ({
        shape: vertex.shape,
        coordinates: [tile.image, channel, "row", column],
      }));
      const values = columns.map((_, t) =>
        tile.lane === 4 ? `acc${m}_${t}.${"xyzw"[part]}` : `acc${m}_${t}`
      );
      if (tile.four) writer.storeFour(indices, vertex, values);
      else {
        indices.forEach((index, t) =>
          writer.store(index, vertex, values[t], guardOf(writer, vertex, tile, lane + part, t))
        );
      }
    }
  }
}

/** Condition under which an element is inside, and this thread's own to store. */
function guardOf(
  writer: KernelWriter,
  vertex: Vertex,
  { overlap, phases }: Tile,
  channel: number,
  t: number,
): string | undefined {
  const width = vertex.shape[3];
  const tests = [
    ...overlap.channels ? [`m0 + ${channel}u >= own0`] : [],
    ...overlap.columns ? [`x0 + ${t}u >= own1`] : [],
    ...width % phases[1] === 0
      ? []
      : [`phase1 + (x0 + ${t}u) * ${phases[1]}u < ${writer.param(width)}`],
  ];
  return tests.length === 0 ? undefined : tests.join(" && ");
}
