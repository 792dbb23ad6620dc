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

/** Largest height and width that images are brought to. */
export const LARGEST_SIDE = 4096;

/** Names of image files that are decoded. */
const IMAGE = /\.(?:png|jpe?g|jfif|webp|gif|bmp)$/i;
/** Names of image files that Deno does not decode. */
const FOREIGN = /\.(?:tiff?|avif|hei[cf]|jp2|jxl)$/i;
/** What is decoded. */
const DECODED = "PNG, JPEG, WebP, GIF or BMP with at most 8 bits a channel";
/** Pixels of an image before its middle is cut out, at most. */
const MOST_PIXELS = 2 ** 26;

/** True for names that image files have. */
export function isImageName(name: string): boolean {
  return IMAGE.test(name);
}

/**
 * Refuses image files that cannot be decoded, by their name.
 *
 * @throws {FormatError} If it is such a name.
 */
export function refuseForeign(file: string): void {
  if (FOREIGN.test(file)) broken(file, `images that are decoded are ${DECODED}`);
}

/**
 * Decodes a PNG, JPEG, WebP, GIF or BMP file. Grey images get three equal channels; transparency is
 * left out, and so is the orientation that EXIF notes; of several frames the first is taken.
 *
 * @param bytes The file.
 * @param file Its path, for errors.
 * @param size Height and width that it is brought to: it is made smaller or larger until it covers
 * them just so, and its middle is taken. Default: as it is.
 * @returns Its pixels.
 * @throws {FormatError} If it is no such image, or has 16 bits a channel, or is too long a strip for
 * the size.
 */
export async function decodeImage(
  bytes: Uint8Array<ArrayBuffer>,
  file: string,
  size?: ImageSize,
): Promise<Pixels> {
  const bitmap = await decoded(() => createImageBitmap(new Blob([bytes])), file);
  const covering = size ? coveringSize(bitmap, size, file) : undefined;
  return pixelsOf(await decoded(() => encode(bitmap, covering), file), size);
}

async function decoded<T>(work: () => Promise<T>, file: string): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    return broken(file, `it is no image that can be decoded: ${DECODED}`, undefined, cause);
  }
}

/** The smallest size of the same proportions whose middle has another size. */
function coveringSize(image: ImageBitmap, [height, width]: ImageSize, file: string): ImageSize {
  const scale = Math.max(height / image.height, width / image.width);
  const tall = Math.max(height, Math.round(image.height * scale));
  const wide = Math.max(width, Math.round(image.width * scale));
  if (tall * wide > MOST_PIXELS) {
    broken(
      file,
      `it has ${image.width} x ${image.height} pixels, too long a strip for ${width} x ${height}`,
    );
  }
  return [tall, wide];
}

/**
 * An image of some size as a BMP file, the one way to its pixels: 8 bits with a palette, or 24 or 32
 * bits. (`createImageBitmap` of Deno 2.9 resizes, but does not cut.)
 */
async function encode(image: ImageBitmap, size?: ImageSize): Promise<Uint8Array<ArrayBuffer>> {
  const [height, width] = size ?? [image.height, image.width];
  const isSame = height === image.height && width === image.width;
  const options = { resizeHeight: height, resizeWidth: width, resizeQuality: "high" as const };
  const bitmap = isSame ? image : await createImageBitmap(image, options);
  const canvas = new OffscreenCanvas(width, height);
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
