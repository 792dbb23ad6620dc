/**
 * The demonstration's labelled images: line drawings of ten shapes, made by rule. No photograph, no
 * file, no network; the same seed draws the same pixels everywhere.
 */

import { Draws } from "./draws.ts";

/** Pixels along each side of an image. */
export const SIDE = 16;

/** Points that a pen goes through; a shape reaches from -1 to 1, y grows downwards. */
type Line = readonly (readonly [x: number, y: number])[];

/** One class of images. */
interface Shape {
  /** What its lines are like, a coarser label. */
  readonly kind: "closed" | "branched" | "open";
  readonly lines: readonly Line[];
}

/** Points on a circle, from one angle to another in quarter turns, clockwise from the right. */
function arc(radius: number, from: number, to: number, points: number): Line {
  return Array.from({ length: points }, (_, i) => {
    const angle = (Math.PI / 2) * (from + (to - from) * i / (points - 1));
    return [radius * Math.cos(angle), radius * Math.sin(angle)] as const;
  });
}

const SHAPES: Readonly<Record<string, Shape>> = {
  ring: { kind: "closed", lines: [arc(0.9, 0, 4, 13)] },
  square: {
    kind: "closed",
    lines: [[[-0.8, -0.8], [0.8, -0.8], [0.8, 0.8], [-0.8, 0.8], [-0.8, -0.8]]],
  },
  triangle: { kind: "closed", lines: [[[0, -0.9], [0.85, 0.7], [-0.85, 0.7], [0, -0.9]]] },
  cross: { kind: "branched", lines: [[[-0.8, -0.8], [0.8, 0.8]], [[-0.8, 0.8], [0.8, -0.8]]] },
  plus: { kind: "branched", lines: [[[-0.95, 0], [0.95, 0]], [[0, -0.95], [0, 0.95]]] },
  fork: { kind: "branched", lines: [[[-0.8, -0.9], [0, 0], [0.8, -0.9]], [[0, 0], [0, 0.95]]] },
  ladder: {
    kind: "branched",
    lines: [[[-0.6, -0.9], [-0.6, 0.9]], [[0.6, -0.9], [0.6, 0.9]], [[-0.6, 0], [0.6, 0]]],
  },
  arrow: {
    kind: "branched",
    lines: [[[0, 0.9], [0, -0.9]], [[-0.6, -0.25], [0, -0.9], [0.6, -0.25]]],
  },
  bow: { kind: "open", lines: [arc(0.9, 0.6, 3.4, 9)] },
  zigzag: { kind: "open", lines: [[[-0.9, 0.6], [-0.3, -0.6], [0.3, 0.6], [0.9, -0.6]]] },
};

/** Names of the shapes, in the order of their class numbers. */
export const CLASSES: readonly string[] = Object.keys(SHAPES);

/** The coarser labels. */
export const KINDS: readonly string[] = ["closed", "branched", "open"];

/** Number in {@linkcode KINDS} of each class. */
export const KIND_OF_CLASS: readonly number[] = Object.values(SHAPES).map(({ kind }) =>
  KINDS.indexOf(kind)
);

/** Images with their labels. */
export interface Images {
  /** Number of images. */
  readonly rows: number;
  /** `[rows, 1, SIDE, SIDE]` grey values, 0 black to 255 white. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** Class numbers. */
  readonly labels: Int32Array<ArrayBuffer>;
}

/**
 * Draws images, every class equally often: each a shape in light lines on dark ground, turned,
 * moved, stretched, with a stray line and noise.
 *
 * @param rows How many.
 * @param seed Which ones; sets of different seeds share no image.
 * @returns Pixels and labels.
 */
export function drawImages(rows: number, seed: number): Images {
  const size = SIDE * SIDE;
  const pixels = new Uint8Array(rows * size);
  const labels = Int32Array.from({ length: rows }, (_, row) => row % CLASSES.length);
  for (let row = 0; row < rows; row++) {
    const { lines } = SHAPES[CLASSES[labels[row]]];
    drawImage(
      pixels.subarray(row * size, (row + 1) * size),
      lines,
      new Draws({ seed, stream: row }),
    );
  }
  return { rows, pixels, labels };
}

/** Both ends of a straight line, in pixels. */
type Segment = readonly [x0: number, y0: number, x1: number, y1: number];

function drawImage(pixels: Uint8Array, lines: readonly Line[], draws: Draws): void {
  const segments = [...placeShape(lines, draws), strayLine(draws)];
  const half = draws.uniform(0.5, 1); // half the thickness of a line
  const ink = draws.uniform(90, 180);
  const paper = draws.uniform(20, 70);
  const noise = draws.uniform(7, 42);
  for (let y = 0, at = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++, at++) {
      const squared = segments.reduce((d, line) => Math.min(d, squaredDistance(x, y, line)), 1e9);
      const cover = clamp(half + 0.5 - Math.sqrt(squared), 1); // edges fade over one pixel
      const value = paper + ink * cover + noise * draws.uniform(-1, 1);
      pixels[at] = clamp(Math.round(value), 255);
    }
  }
}

function placeShape(lines: readonly Line[], draws: Draws): Segment[] {
  const angle = draws.uniform(-0.4, 0.4);
  const size = draws.uniform(4, 6);
  const [wide, high] = [size * draws.uniform(0.75, 1.25), size * draws.uniform(0.75, 1.25)];
  const middle = (SIDE - 1) / 2;
  const [left, top] = [middle + draws.uniform(-2, 2), middle + draws.uniform(-2, 2)];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const place = ([x, y]: readonly [number, number]) =>
    [left + cos * wide * x - sin * high * y, top + sin * wide * x + cos * high * y] as const;
  return lines.flatMap((line) =>
    line.slice(1).map((end, i) => [...place(line[i]), ...place(end)] as const)
  );
}

/** A short line that has nothing to do with the shape. */
function strayLine(draws: Draws): Segment {
  const [x, y] = [draws.uniform(0, SIDE - 1), draws.uniform(0, SIDE - 1)];
  const angle = draws.uniform(0, 2 * Math.PI);
  const length = draws.uniform(2, 5);
  return [x, y, x + length * Math.cos(angle), y + length * Math.sin(angle)];
}

/** Squared distance of a point from a straight line between two ends. */
function squaredDistance(x: number, y: number, [x0, y0, x1, y1]: Segment): number {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const along = clamp(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy), 1);
  return (x - x0 - along * dx) ** 2 + (y - y0 - along * dy) ** 2;
}

function clamp(value: number, most: number): number {
  return Math.min(most, Math.max(0, value));
}
