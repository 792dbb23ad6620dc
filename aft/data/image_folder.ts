/** Folders of images, one folder for each class; and images without labels. */

import type { Told } from "../bit_by_bit.ts";
import { list, listFolders, lookAt, readBytes } from "../files.ts";
import { decodeImage, type ImageSize, isImageName, refuseForeign } from "./image_pixels.ts";
import { broken, inFolder, type RawData, type RawSplit, type SplitName } from "./raw.ts";

/** How images are read. */
export interface ImageOptions {
  /** Height and width that all images are brought to; default the one that all have. */
  imageSize?: ImageSize;
  /** Is told after every 500 images how many of all are read. */
  told?: Told;
}

/** Images between two of which it is told how many are read. */
const STRETCH = 500;

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

/** Names of folders that are no classes but have them inside. */
const SPLITS = ["train", "test", "val"] as const;

/** True where a folder holds images, classes of images, or splits of these. */
export async function hasImages(folder: string): Promise<boolean> {
  if ((await filesIn(folder)).some(isImageName)) return true;
  for (const name of await foldersIn(folder)) {
    const inside = inFolder(folder, name);
    if ((await filesIn(inside)).some(isImageName)) return true;
    if (SPLITS.some((split) => split === name) && await hasImages(inside)) return true;
  }
  return false;
}

/**
 * Reads a folder with `train`, `test` and perhaps `val`, each with a folder of images for every
 * class; where there is no `test`, rows of `val` are the test rows. Or one folder with a folder for
 * every class, images without labels, or one image. Rows come class by class, both by name. Other
 * files are left alone, and so are names that begin with a dot.
 *
 * @param path Folder or file.
 * @param wanted Row groups to read.
 * @param options Size that images are brought to.
 * @returns What was found of them; rows are `[3, height, width]` in bytes.
 * @throws {FormatError} If a file is no image or one that is not decoded, a class has none or folders
 * of its own, or sizes differ and none is asked for.
 */
export async function readImages(
  path: string,
  wanted: readonly SplitName[],
  { imageSize, told }: ImageOptions,
): Promise<RawData> {
  const { isFolder } = await lookAt(path);
  const groups = isFolder ? await groupsOf(path, wanted) : { all: { path, images: [{ path }] } };
  const data: RawData = { path, format: "images", splits: {}, files: [] };
  const of = wanted.reduce((sum, name) => sum + (groups[name]?.images.length ?? 0), 0);
  let done = 0;
  const count = () => {
    if (++done % STRETCH === 0) told?.({ done, of });
  };
  for (const name of wanted) {
    const group = groups[name];
    if (group === undefined) continue;
    data.splits[name] = await readGroup(group, imageSize, count);
    data.files = data.files.concat(group.images.map(({ path }) => path));
  }
  return data;
}

type Groups = Partial<Record<SplitName, ImageGroup>>;

async function groupsOf(folder: string, wanted: readonly SplitName[]): Promise<Groups> {
  const names = await foldersIn(folder);
  if (!SPLITS.some((split) => names.includes(split))) return { all: await imagesIn(folder) };
  const isValTest = wanted.includes("test") && !names.includes("test") && names.includes("val");
  const groups: Groups = {};
  for (const split of SPLITS) {
    const name = isValTest && split === "test" ? "val" : split;
    const isOther = isValTest && split === "val";
    if (!wanted.includes(split) || !names.includes(name) || isOther) continue;
    groups[split] = await imagesIn(inFolder(folder, name));
  }
  return groups;
}

async function imagesIn(path: string): Promise<ImageGroup> {
  const own = (await imageFilesIn(path)).map((path) => ({ path }));
  const classes = await foldersIn(path);
  if (own.length > 0 && classes.length > 0) {
    broken(own[0].path, `it lies beside folders of classes, such as ${classes[0]}`);
  }
  const labelled = await Promise.all(classes.map((name) => imagesOfClass(path, name)));
  const images = own.length > 0 ? own : labelled.flat();
  if (images.length === 0) broken(path, "it has no images, and no folders of images");
  return { path, images };
}

async function imagesOfClass(folder: string, label: string): Promise<ImageFile[]> {
  const path = inFolder(folder, label);
  const [deeper] = await foldersIn(path);
  if (deeper !== undefined) {
    broken(inFolder(path, deeper), `it is a folder in that of a class, ${label}`);
  }
  const images = await imageFilesIn(path);
  if (images.length === 0) broken(path, "it has no images");
  return images.map((path) => ({ path, label }));
}

async function imageFilesIn(folder: string): Promise<string[]> {
  const names = await filesIn(folder);
  for (const name of names) refuseForeign(inFolder(folder, name));
  return names.filter(isImageName).map((name) => inFolder(folder, name));
}

async function filesIn(folder: string): Promise<string[]> {
  return (await list(folder)).filter(isShown);
}

async function foldersIn(folder: string): Promise<string[]> {
  return (await listFolders(folder)).filter(isShown);
}

/** Names with a dot before them are kept by systems and editors for themselves. */
function isShown(name: string): boolean {
  return !name.startsWith(".");
}

async function readGroup(
  { path, images }: ImageGroup,
  wanted: ImageSize | undefined,
  count: () => void,
): Promise<RawSplit> {
  const [first] = images;
  let size: ImageSize | undefined = wanted;
  let inputs = new Uint8Array();
  for (const [row, { path: file }] of images.entries()) {
    const image = await decodeImage(await readBytes(file), file, wanted);
    size ??= image.size;
    if (String(image.size) !== String(size)) {
      broken(
        file,
        `it has ${shown(image.size)} pixels, ${first.path} has ${shown(size)}: image-size brings ` +
          "all to one",
      );
    }
    if (row === 0) inputs = roomFor(images.length, image.values.length, path, size);
    inputs.set(image.values, row * image.values.length);
    count();
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

function roomFor(rows: number, length: number, path: string, size: ImageSize) {
  try {
    return new Uint8Array(rows * length);
  } catch (cause) {
    const what = `${rows} images of ${shown(size)} pixels`;
    return broken(
      path,
      `its ${what} do not fit into memory: image-size makes them smaller`,
      undefined,
      cause,
    );
  }
}

/** Width before height, as people say it. */
function shown([height, width]: ImageSize): string {
  return `${width} x ${height}`;
}
