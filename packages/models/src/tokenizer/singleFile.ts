import { dirname, extname, join } from "node:path";
import { CheckpointError } from "../checkpoint/errors.ts";
import { listFolder, openFile, readBytesFile } from "../checkpoint/files.ts";
import { findModelFile, isLlama2cCheckpoint } from "../checkpoint/singleFile.ts";
import { TokenizerError } from "./errors.ts";
import type { EmbeddedTokenizer } from "./gguf/read.ts";
import { readGgufTokenizer } from "./gguf/read.ts";
import { isLlama2cTokenizer, readLlama2cTokenizer } from "./llama2c/read.ts";

/** A tokenizer, and the file that it was read from. */
export interface FileTokenizer extends EmbeddedTokenizer {
  readonly file: string;
}

/** No list of tokens is that long; files of weights may be. */
const mostTokenizerBytes = 2 ** 26;

/**
 * The tokenizer of a model file: a GGUF file's own, or the only tokenizer of llama2.c beside a checkpoint of llama2.c.
 * Null where a folder has none, or there is nothing.
 * @param path the model file, a llama2.c tokenizer, or a folder with one of them
 * @throws {TokenizerError | CheckpointError} for a damaged file, or more than one
 */
export async function readFileTokenizer(path: string): Promise<FileTokenizer | null> {
  const model = await findModelFile(path);
  if (model?.format === "gguf") {
    const source = await openFile(model.path);
    try {
      return { ...(await readGgufTokenizer(source)), file: model.path };
    } finally {
      await source.close();
    }
  }
  const isFolder = (await listFolder(path)) !== null;
  if (isFolder) {
    const file = await onlyTokenizerOf(path);
    return file === null ? null : readLlama2cFile(file);
  }
  if (model === null) return null;
  if (!(await isLlama2cCheckpoint(path))) return readLlama2cFile(path);
  const beside = await onlyTokenizerOf(dirname(path));
  if (beside !== null) return readLlama2cFile(beside);
  throw new TokenizerError({
    code: "missing-tokenizer",
    file: path,
    found: "no tokenizer of llama2.c beside the checkpoint",
    expected: "one, such as tokenizer.bin or tok512.bin, in the same folder",
    remedy: "Copy it there from where the checkpoint came from.",
  });
}

async function readLlama2cFile(file: string): Promise<FileTokenizer> {
  return { ...readLlama2cTokenizer(await readBytesFile(file), file), file };
}

async function isTokenizer(path: string): Promise<boolean> {
  const source = await openFile(path);
  try {
    if (source.byteLength > mostTokenizerBytes) return false;
    return isLlama2cTokenizer(await source.read(0, source.byteLength));
  } finally {
    await source.close();
  }
}

async function onlyTokenizerOf(folder: string): Promise<string | null> {
  const found: string[] = [];
  for (const name of (await listFolder(folder)) ?? []) {
    if (extname(name).toLowerCase() === ".bin" && (await isTokenizer(join(folder, name)))) found.push(name);
  }
  const [name, ...more] = found;
  if (more.length === 0) return name === undefined ? null : join(folder, name);
  throw new CheckpointError({
    code: "ambiguous-weights",
    file: folder,
    found: `${found.length} tokenizers of llama2.c: ${found.join(", ")}`,
    expected: "one",
    remedy: "Leave the one that belongs to the model in its folder.",
  });
}
