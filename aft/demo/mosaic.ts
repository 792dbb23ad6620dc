/** Small pictures inside a page, without any file. */

import { type Images, SIDE } from "./images.ts";

const FILE_HEADER = 14;
const IMAGE_HEADER = 40;
const PALETTE = 4 * 256;
/** Dark pixels between two images. */
const EDGE = 1;

/**
 * The first images side by side, as the address of a picture that needs no file: an uncompressed
 * bitmap of 256 greys, which every browser reads.
 *
 * @param images Where they are.
 * @param columns Images in a row.
 * @param rows Rows of images.
 * @returns A `data:` address.
 */
export function mosaic(images: Images, columns: number, rows: number): string {
  const cell = SIDE + EDGE;
  const [width, height] = [columns * cell - EDGE, rows * cell - EDGE];
  const stride = 4 * Math.ceil(width / 4); // lines of a bitmap take whole words
  const grey = new Uint8Array(stride * height);
  for (let i = 0; i < Math.min(images.rows, columns * rows); i++) {
    const [left, top] = [cell * (i % columns), cell * Math.floor(i / columns)];
    for (let y = 0; y < SIDE; y++) {
      const start = (i * SIDE + y) * SIDE;
      const line = height - 1 - top - y; // the bottom line comes first
      grey.set(images.pixels.subarray(start, start + SIDE), line * stride + left);
    }
  }
  return `data:image/bmp;base64,${base64(bitmap(grey, width, height))}`;
}

function bitmap(grey: Uint8Array, width: number, height: number): Uint8Array {
  const start = FILE_HEADER + IMAGE_HEADER + PALETTE;
  const bytes = new Uint8Array(start + grey.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]); // "BM"
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, start, true);
  view.setUint32(14, IMAGE_HEADER, true);
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(26, 1, true); // planes
  view.setUint16(28, 8, true); // bits a pixel
  view.setUint32(46, 256, true); // colours
  for (let level = 0; level < 256; level++) {
    bytes.fill(
      level,
      FILE_HEADER + IMAGE_HEADER + 4 * level,
      FILE_HEADER + IMAGE_HEADER + 4 * level + 3,
    );
  }
  bytes.set(grey, start);
  return bytes;
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 4096) {
    text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  }
  return btoa(text);
}
