/** Pixels of image files, decoded by Deno itself. */

import { broken } from "./raw.ts";

/** Height and width in pixels. */
export type ImageSize = readonly [height: number, width: number];

/** A decoded image. */
export interface Pixels {
  /** `[3, height, width]`: red, green, blue, from 0 to 255. */
  readonly values: Uint8Array<ArrayBuffer>;
  /** Height and width. */
  readonly size: ImageSize;
}

/** Names of image files that are decoded. */
const IMAGE = /\.(?:png|jpe?g|webp|gif|bmp)$/i;

/** True for names that image files have. */
export function isImageName(name: string): boolean {
  return IMAGE.test(name);
}

/**
 * Decodes a PNG, JPEG, WebP, GIF or BMP file. Grey images get three equal channels; transparency is
 * left out; of several frames the first is taken.
 *
 * @param bytes The file.
 * @param file Its path, for errors.
 * @param size Height and width that it is brought to: it is made smaller or larger until it covers
 * them just so, and its middle is taken. Default: as it is.
 * @returns Its pixels.
 * @throws {FormatError} If it is no such image, or has 16 bits a channel.
 */
export async function decodeImage(
  bytes: Uint8Array<ArrayBuffer>,
  file: string,
  size?: ImageSize,
): Promise<Pixels> {
  let bitmap: ImageBitmap;
  let bmp: Uint8Array<ArrayBuffer>;
  try {
    bitmap = await createImageBitmap(new Blob([bytes]));
    if (size) bitmap = await resized(bitmap, size);
    bmp = await encoded(bitmap);
  } catch (cause) {
    return broken(
      file,
      "it is no image that can be decoded: PNG, JPEG, WebP, GIF or BMP with at most 8 bits a channel",
      undefined,
      cause,
    );
  }
  return pixelsOf(bmp, size);
}

/** Resized so that its middle has the size; cutting by `createImageBitmap` does not work in Deno 2.9. */
async function resized(bitmap: ImageBitmap, [height, width]: ImageSize): Promise<ImageBitmap> {
  const scale = Math.max(height / bitmap.height, width / bitmap.width);
  const resizeHeight = Math.max(height, Math.round(bitmap.height * scale));
  const resizeWidth = Math.max(width, Math.round(bitmap.width * scale));
  if (resizeHeight === bitmap.height && resizeWidth === bitmap.width) return bitmap;
  const options = { resizeHeight, resizeWidth, resizeQuality: "high" as const };
  const result = await createImageBitmap(bitmap, options);
  bitmap.close();
  return result;
}

/** The bitmap as a BMP file, the one way to its pixels: 8 bits with a palette, or 24 or 32 bits. */
async function encoded(bitmap: ImageBitmap): Promise<Uint8Array<ArrayBuffer>> {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext("bitmaprenderer")!.transferFromImageBitmap(bitmap);
  const blob = await canvas.convertToBlob({ type: "image/bmp" });
  return new Uint8Array(await blob.arrayBuffer());
}

/** Bytes of a BMP's first header; the palette lies behind the second one, whose length it says. */
const FILE_HEADER = 14;

/**
 * Pixels of a BMP, whose lines of blue, green, red (and what is not needed) begin with the lowest:
 * those in its middle.
 */
function pixelsOf(bmp: Uint8Array, size?: ImageSize): Pixels {
  const view = new DataView(bmp.buffer, bmp.byteOffset);
  const start = view.getUint32(10, true);
  const palette = FILE_HEADER + view.getUint32(FILE_HEADER, true);
  const whole = [view.getInt32(22, true), view.getInt32(18, true)] as const;
  const bytes = view.getUint16(28, true) / 8;
  const stride = Math.ceil(whole[1] * bytes / 4) * 4;
  const [height, width] = size ?? whole;
  const [top, left] = [(whole[0] - height) >> 1, (whole[1] - width) >> 1];
  const area = height * width;
  const values = new Uint8Array(3 * area);
  for (let y = 0; y < height; y++) {
    const line = start + (whole[0] - 1 - top - y) * stride;
    for (let x = 0; x < width; x++) {
      const place = line + (left + x) * bytes;
      const at = bytes === 1 ? palette + 4 * bmp[place] : place;
      const to = y * width + x;
      values[to] = bmp[at + 2];
      values[to + area] = bmp[at + 1];
      values[to + 2 * area] = bmp[at];
    }
  }
  return { values, size: [height, width] };
}
