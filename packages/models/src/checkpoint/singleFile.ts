import { basename, dirname, extname, join } from "node:path";
import type { ByteSource } from "./byteSource.ts";
import { CheckpointError } from "./errors.ts";
import { listFolder, openFile } from "./files.ts";
import type { CheckpointContent } from "./gguf/checkpoint.ts";
import { readGgufCheckpoint } from "./gguf/checkpoint.ts";
import { isLlama2c, readLlama2cCheckpoint } from "./llama2c/checkpoint.ts";

/** A file that is a whole model, configuration and weights. */
export interface ModelFile {
  readonly path: string;
  readonly format: "gguf" | "llama2c";
}

/** @throws {CheckpointError} naming the file, what was found, what was expected and what to do */
export function readModelFile({ format }: ModelFile, source: ByteSource): Promise<CheckpointContent> {
  return format === "gguf" ? readGgufCheckpoint(source) : readLlama2cCheckpoint(source);
}

/**
 * The one model file that a path means: the file itself, by its ending `.gguf` or `.bin`; or the only `.gguf` of a
 * folder, or else its only `.bin` of llama2.c. Null where a folder holds neither, or there is nothing.
 * @throws {CheckpointError} `ambiguous-weights` for more than one, `missing-weights` for a file of another kind
 */
export async function findModelFile(path: string): Promise<ModelFile | null> {
  const names = await listFolder(path);
  if (names === null) return (await isFile(path)) ? byEnding(path) : null;
  const ggufs = names.filter((name) => formatOf(name) === "gguf");
  if (ggufs.length > 0) return { path: join(path, onlyOne(path, ggufs)), format: "gguf" };
  const checkpoints: string[] = [];
  for (const name of names) {
    if (formatOf(name) === "llama2c" && (await isLlama2cCheckpoint(join(path, name)))) checkpoints.push(name);
  }
  return checkpoints.length === 0
    ? null
    : { path: join(path, onlyOne(path, checkpoints)), format: "llama2c" };
}

function formatOf(name: string): ModelFile["format"] | null {
  const ending = extname(name).toLowerCase();
  return ending === ".gguf" ? "gguf" : ending === ".bin" ? "llama2c" : null;
}

async function isFile(path: string): Promise<boolean> {
  return (await listFolder(dirname(path)))?.includes(basename(path)) === true;
}

/** Whether a file has the length that its first numbers give to a llama2.c checkpoint. */
export async function isLlama2cCheckpoint(path: string): Promise<boolean> {
  const source = await openFile(path);
  try {
    return await isLlama2c(source);
  } finally {
    await source.close();
  }
}

function byEnding(path: string): ModelFile {
  const format = formatOf(path);
  if (format !== null) return { path, format };
  throw new CheckpointError({
    code: "missing-weights",
    file: path,
    found: "a file that ends neither in .gguf nor in .bin",
    expected: "a folder with config.json and weights, a GGUF file, or a llama2.c checkpoint",
    remedy: "Give the folder that holds the file, or a file of these kinds.",
  });
}

function onlyOne(folder: string, names: readonly string[]): string {
  const [name, ...more] = names;
  if (name !== undefined && more.length === 0) return name;
  throw new CheckpointError({
    code: "ambiguous-weights",
    file: folder,
    found: `${names.length} models: ${names.slice(0, 8).join(", ")}${names.length > 8 ? ", ..." : ""}`,
    expected: "one",
    remedy: "Give the path of the file that you mean instead of the folder.",
  });
}
