/** Folders of images, one folder for each class; and images without labels. */

import { list, listFolders, lookAt, readBytes } from "../files.ts";
import { decodeImage, type ImageSize, isImageName } from "./image_pixels.ts";
import { broken, inFolder, type RawData, type RawSplit, type SplitName } from "./raw.ts";

/** How images are read. */
export interface ImageOptions {
  /** Height and width that all images are brought to; default the one that all have. */
  imageSize?: ImageSize;
}

/** An image file and, where it lies in the folder of a class, the name of that. */
interface ImageFile {
  readonly path: string;
  readonly label?: string;
}

/** Images of one group, and the folder or file that they are. */
interface ImageGroup {
  readonly path: string;
  readonly images: readonly ImageFile[];
}

/** True where a folder holds images, classes of images, or splits of these. */
export async function hasImages(folder: string): Promise<boolean> {
  if ((await list(folder)).some(isImageName)) return true;
  for (const name of await listFolders(folder)) {
    const inside = inFolder(folder, name);
    if ((await list(inside)).some(isImageName)) return true;
    const isSplit = name === "train" || name === "test" || name === "val";
    if (isSplit && await hasImages(inside)) return true;
  }
  return false;
}

/**
 * Reads a folder with `train`, `test` and perhaps `val`, each with a folder of images for every
 * class; with `train` and `val` alone the latter are the test rows. Or one folder with a folder for
 * every class, images without labels, or one image. Rows come class by class, both by name.
 *
 * @param path Folder or file.
 * @param wanted Row groups to read.
 * @param options Size that images are brought to.
 * @returns What was found of them; rows are `[3, height, width]` in bytes.
 * @throws {FormatError} If a file is no image, or sizes differ and none is asked for.
 */
export async function readImages(
  path: string,
  wanted: readonly SplitName[],
  { imageSize }: ImageOptions,
): Promise<RawData> {
  const { isFolder } = await lookAt(path);
  const groups = isFolder ? await groupsOf(path) : { all: { path, images: [{ path }] } };
  const data: RawData = { path, format: "images", splits: {}, files: [] };
  for (const name of wanted) {
    const group = groups[name];
    if (group === undefined) continue;
    data.splits[name] = await readGroup(group, imageSize);
    data.files.push(...group.images.map(({ path }) => path));
  }
  return data;
}

async function groupsOf(folder: string): Promise<Partial<Record<SplitName, ImageGroup>>> {
  const names = await listFolders(folder);
  if (!names.includes("train")) return { all: await imagesIn(folder) };
  const within = (name: string) =>
    names.includes(name) ? imagesIn(inFolder(folder, name)) : Promise.resolve(undefined);
  const [train, test, val] = await Promise.all(["train", "test", "val"].map(within));
  return test ? { train, test, val } : { train, test: val };
}

async function imagesIn(path: string): Promise<ImageGroup> {
  const own = (await list(path)).filter(isImageName).map((name) => ({
    path: inFolder(path, name),
  }));
  const labelled: ImageFile[] = [];
  for (const label of await listFolders(path)) {
    const inside = inFolder(path, label);
    const names = (await list(inside)).filter(isImageName);
    labelled.push(...names.map((name) => ({ path: inFolder(inside, name), label })));
  }
  if (own.length > 0 && labelled.length > 0) {
    broken(own[0].path, `it lies beside folders of classes, such as ${labelled[0].label}`);
  }
  const images = labelled.length > 0 ? labelled : own;
  if (images.length === 0) broken(path, "it has no images, and no folders of images");
  return { path, images };
}

async function readGroup({ path, images }: ImageGroup, wanted?: ImageSize): Promise<RawSplit> {
  const [first] = images;
  let size: ImageSize | undefined = wanted;
  let inputs = new Uint8Array();
  for (const [row, { path: file }] of images.entries()) {
    const image = await decodeImage(await readBytes(file), file, wanted);
    size ??= image.size;
    if (String(image.size) !== String(size)) {
      const words = ([height, width]: ImageSize) => `${width} x ${height}`;
      broken(
        file,
        `it has ${words(image.size)} pixels, ${first.path} has ${words(size)}: image-size brings ` +
          "all to one",
      );
    }
    if (row === 0) inputs = new Uint8Array(images.length * image.values.length);
    inputs.set(image.values, row * image.values.length);
  }
  const values = images.flatMap(({ label }) => label ?? []);
  const labels = {
    kind: "texts" as const,
    values,
    file: path,
    at: (row: number) => images[row].path,
  };
  return {
    ...{ rows: images.length, inputs, file: path, inputShape: [3, ...size!] },
    sources: images.map(({ path }) => path),
    ...values.length > 0 && { labels },
  };
}
