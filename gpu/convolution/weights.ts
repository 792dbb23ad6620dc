/**
 * The kernel of a convolution's gradient with respect to its weights: a thread keeps a block of
 * weights in registers and goes through the places of the window. Images are shared out among
 * threads where there are few weights; their partial sums are added in a fixed order afterwards.
 */

import type { Vertex } from "../node.ts";
import type { KernelWriter } from "../plan/kernel_writer.ts";
import { sizeOf } from "../shape.ts";
import { bindImages, Columns, type Images, rowStart } from "./columns.ts";
import type { Window } from "./window.ts";

/** Threads of a workgroup. */
const THREADS = 64;
/** Threads that keep an adapter busy. */
const MANY = 4096;
/** Most output channels of one thread. */
const HIGH = 4;

/** Output channels and input channels of one thread's block of weights. */
function blockOf([outputs, inputs]: readonly number[], groups: number, width: number) {
  return { high: Math.min(HIGH, outputs / groups), deep: width <= 4 ? Math.min(2, inputs) : 1 };
}

/** Images that one thread goes through, for weights [outputs, inputs of a group, rows, columns]. */
export function imagesPerThread(
  weights: readonly number[],
  groups: number,
  images: number,
): number {
  const [outputs, inputs, rows, width] = weights;
  const { high, deep } = blockOf(weights, groups, width);
  const threads = groups * Math.ceil(outputs / groups / high) * Math.ceil(inputs / deep) * rows;
  return Math.ceil(images / Math.min(images, Math.ceil(MANY / threads)));
}

/**
 * Writes the kernel for `vertex` [parts, outputs, inputs of a group, window rows, window columns]
 * from images [images, inputs, rows, columns] and slopes [images, outputs, places...].
 */
export function writeWeightGradient(
  writer: KernelWriter,
  vertex: Vertex,
  window: Window,
  groups: number,
  perThread: number,
): void {
  const [x, slopes] = vertex.inputs;
  const [parts, outputs, inputs, tall, width] = vertex.shape;
  const { high, deep } = blockOf(vertex.shape.slice(1), groups, width);
  const perGroup = outputs / groups;
  const shape = [parts, groups, tall, Math.ceil(inputs / deep), Math.ceil(perGroup / high)];
  writer.launch(Math.ceil(sizeOf(shape) / THREADS), THREADS);
  writer.line(`let tile = group * ${THREADS}u + lid;`);
  writer.line(`if (tile >= ${writer.param(sizeOf(shape))}) { return; }`);
  const [part, group, i, low, block] = writer.coordinates({ shape, flat: "tile" });
  writer.line(`let o0 = min(${block} * ${high}u, ${writer.param(perGroup - high)});`);
  writer.line(`let c0 = min(${low} * ${deep}u, ${writer.param(inputs - deep)});`);
  for (let o = 0; o < high; o++) {
    for (let c = 0; c < deep; c++) {
      for (let j = 0; j < width; j++) writer.line(`var acc${o}_${c}_${j} = 0.0;`);
    }
  }
  const channels = {
    outputs: `(${group} * ${writer.param(perGroup)} + o0)`,
    inputs: `(${group} * ${writer.param(inputs)} + c0)`,
  };
  const whole = slopes.shape[3] % 4 === 0;
  const images = bindImages(writer, writer.operand(x), x.shape[3], true);
  const pulled = bindImages(writer, writer.operand(slopes), slopes.shape[3], whole);
  writer.line(`let image0 = ${part} * ${writer.param(perThread)};`);
  writer.line(
    `let image1 = min(image0 + ${writer.param(perThread)}, ${writer.param(x.shape[0])});`,
  );
  writer.block("for (var image = image0; image < image1; image++)", () => {
    writer.block(`for (var y = 0u; y < ${writer.param(slopes.shape[2])}; y++)`, () => {
      const { stride, dilation, padding } = window;
      writer.line(
        `let met = i32(y * ${stride[0]}u + ${i} * ${dilation[0]}u) - ${padding[0]};`,
      );
      writer.block(`if (met >= 0 && met < i32(${writer.param(x.shape[2])}))`, () => {
        writer.line(`let xs = ${rowStart(writer, images, "image", channels.inputs, "u32(met)")};`);
        writer.line(`let gs = ${rowStart(writer, pulled, "image", channels.outputs, "y")};`);
        const last = writer.param(slopes.shape[3]);
        writer.block(`for (var x = 0u; x < ${last}; x += 4u)`, () => {
          writeFourPlaces(writer, window, { images, pulled, high, deep, masked: !whole });
        });
      });
    });
  });
  storeBlock(writer, vertex, {
    part,
    outputs: channels.outputs,
    tall: i,
    high,
    deep,
    perGroup,
    block,
    low,
  });
}

interface Places {
  images: Images;
  pulled: Images;
  high: number;
  deep: number;
  /** Whether the last of the four places may lie outside. */
  masked: boolean;
}

/** Takes four neighbouring places of the window into every weight of the block. */
function writeFourPlaces(writer: KernelWriter, window: Window, places: Places): void {
  const { images, pulled, high, deep, masked } = places;
  const [width, stride, dilation, padding] = [
    window.kernel[1],
    window.stride[1],
    window.dilation[1],
    window.padding[1],
  ];
  const four = [0, 1, 2, 3];
  const slopeColumns = new Columns(writer, pulled, "x", four, masked);
  const slopes = Array.from({ length: high }, (_, o) => {
    const column = slopeColumns.load(`gs + ${o}u * ${writer.param(pulled.strides[1])}`);
    return writer.let(`vec4<f32>(${four.map((t) => column(t)).join(", ")})`, "vec4<f32>");
  });
  const distances = Array.from(
    { length: width },
    (_, j) => four.map((t) => t * stride + j * dilation - padding),
  );
  const columns = new Columns(
    writer,
    images,
    stride === 1 ? "x" : `x * ${stride}u`,
    distances.flat(),
    masked || padding > 0,
  );
  for (let c = 0; c < deep; c++) {
    const column = columns.load(`xs + ${c}u * ${writer.param(images.strides[1])}`);
    distances.forEach((own, j) => {
      const met = writer.let(`vec4<f32>(${own.map(column).join(", ")})`, "vec4<f32>");
      slopes.forEach((slope, o) => writer.line(`acc${o}_${c}_${j} += dot(${slope}, ${met});`));
    });
  }
}

interface Block {
  part: string;
  /** Expression of the first output channel. */
  outputs: string;
  tall: string;
  high: number;
  deep: number;
  perGroup: number;
  block: string;
  low: string;
}

function storeBlock(writer: KernelWriter, vertex: Vertex, block: Block): void {
  const { part, outputs, tall, high, deep, perGroup } = block;
  const [, , inputs, , width] = vertex.shape;
  for (let o = 0; o < high; o++) {
    for (let c = 0; c < deep; c++) {
      // The last block is moved back inside: what the one before it has is not stored again.
      const tests = [
        ...perGroup % high === 0 ? [] : [`o0 + ${o}u >= ${block.block} * ${high}u`],
        ...inputs % deep === 0 ? [] : [`c0 + ${c}u >= ${block.low} * ${deep}u`],
      ];
      const guard = tests.length === 0 ? undefined : tests.join(" && ");
      const output = writer.let(`${outputs} + ${o}u`, "u32");
      const input = writer.let(`c0 + ${c}u`, "u32");
      for (let j = 0; j < width; j++) {
        const coordinates = [part, output, input, tall, `${j}u`];
        writer.store({ shape: vertex.shape, coordinates }, vertex, `acc${o}_${c}_${j}`, guard);
      }
    }
  }
}
