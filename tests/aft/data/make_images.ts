/** Small image files, for tests. */

/** Red, green and blue of a pixel. */
export type Colour = readonly [red: number, green: number, blue: number];

/** A BMP file of 24 bits a pixel. */
export function bmp(
  [height, width]: readonly [height: number, width: number],
  colourAt: (y: number, x: number) => Colour,
): Uint8Array<ArrayBuffer> {
  const stride = Math.ceil(3 * width / 4) * 4;
  const bytes = new Uint8Array(54 + height * stride);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  for (
    const [at, value] of [[2, bytes.length], [10, 54], [14, 40], [18, width], [22, height]] as const
  ) view.setUint32(at, value, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 54 + (height - 1 - y) * stride + 3 * x;
      bytes.set(colourAt(y, x).toReversed(), at);
    }
  }
  return bytes;
}

/** The same image as a PNG or JPEG file. */
export async function encoded(
  image: Uint8Array<ArrayBuffer>,
  type: "image/png" | "image/jpeg",
): Promise<Uint8Array<ArrayBuffer>> {
  const bitmap = await createImageBitmap(new Blob([image]));
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext("bitmaprenderer")!.transferFromImageBitmap(bitmap);
  return new Uint8Array(await (await canvas.convertToBlob({ type })).arrayBuffer());
}

/** PNG's numbers of kinds of pixels. */
export const PNG_KINDS = { grey: 0, colour: 2, alpha: 6 } as const;

/** A PNG file of one line, from the bytes of its pixels. */
export async function pngLine(
  width: number,
  kind: keyof typeof PNG_KINDS,
  pixels: readonly number[],
  bits = 8,
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([Uint8Array.of(0, ...pixels)]).stream()
    .pipeThrough(new CompressionStream("deflate"));
  const data = new Uint8Array(await new Response(stream).arrayBuffer());
  const head = new Uint8Array(13);
  const view = new DataView(head.buffer);
  view.setUint32(0, width);
  view.setUint32(4, 1);
  head.set([bits, PNG_KINDS[kind]], 8);
  const parts = [chunk("IHDR", head), chunk("IDAT", data), chunk("IEND", new Uint8Array())];
  return Uint8Array.from([[0x89, ...letters("PNG\r\n\x1a\n")], ...parts].flat());
}

function chunk(name: string, data: Uint8Array): number[] {
  const body = [...letters(name), ...data];
  return [...word(data.length), ...body, ...word(crc32(body))];
}

function letters(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}

function word(value: number): number[] {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);
}

function crc32(bytes: readonly number[]): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
