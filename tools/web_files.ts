/** Which files have to run in a browser too. */

import { root } from "./root.ts";

/** Paths, relative to `root`, of the TypeScript files in a folder and below. */
export async function typescriptFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${root}/${folder}`)) {
    const path = folder ? `${folder}/${name}` : name;
    if (isDirectory) files.push(...await typescriptFiles(path));
    else if (/\.tsx?$/.test(name)) files.push(path);
  }
  return files.sort();
}

/** The engine, the layers and the methods. */
export async function webFiles(): Promise<string[]> {
  const aft = await typescriptFiles("aft");
  return [
    ...await typescriptFiles("gpu"),
    ...await typescriptFiles("nn"),
    ...aft.filter((path) => path.startsWith("aft/method")),
  ];
}
