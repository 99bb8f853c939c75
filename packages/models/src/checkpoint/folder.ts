import { basename, join } from "node:path";
import type { ByteSource } from "./byteSource.ts";
import type { TensorInfo } from "./dtypes.ts";
import { CheckpointError } from "./errors.ts";
import { listFolder, openFile, readTextFile, sha256OfSource, sha256OfText } from "./files.ts";
import { parseJsonObject } from "./json.ts";
import type { TensorFile } from "./safetensors.ts";
import { findTensor, openSafetensors } from "./safetensors.ts";
import { joinShards, parseShardIndex } from "./shards.ts";
import type { ModelFile } from "./singleFile.ts";
import { findModelFile, readModelFile } from "./singleFile.ts";
import { openTorchBin } from "./torchBin.ts";

/** A pretrained model as the Hugging Face Hub lays it out, whatever it was read from: configuration and named tensors. */
export interface Checkpoint {
  /** The folder it was read from, or the file. */
  readonly source: string;
  /** `config.json`, parsed, or what stands for it in a model file; an object, else unchecked. */
  readonly config: unknown;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /**
   * One tensor's values in row-major order, read when asked for. F16 and BF16 are converted exactly, F64 rounded;
   * quantized ones are what their blocks stand for.
   * @throws {CheckpointError} `unknown-tensor`, `cut-off`, `bad-archive`
   */
  readFloat32(name: string): Promise<Float32Array<ArrayBuffer>>;
  /**
   * SHA-256 over the weight files, in hexadecimal: of the file itself, as `sha256sum` gives it; of several, the
   * SHA-256 of what `sha256sum` prints for them in the order of their names.
   */
  checksum(): Promise<string>;
  /** Closes the files. */
  close(): Promise<void>;
}

interface WeightFormat {
  readonly single: string;
  readonly index: string;
  open(source: ByteSource): Promise<TensorFile>;
}

/** In the order they are looked for, which is that of transformers. */
const weightFormats: readonly WeightFormat[] = [
  { single: "model.safetensors", index: "model.safetensors.index.json", open: openSafetensors },
  { single: "pytorch_model.bin", index: "pytorch_model.bin.index.json", open: openTorchBin },
];

const folderWeights = weightFormats.flatMap(({ single, index }) => [single, index]);

interface ChosenWeights {
  readonly open: WeightFormat["open"];
  /** Which file holds each tensor; null where one file holds them all. */
  readonly shardOf: ReadonlyMap<string, string> | null;
  /** File names, sorted. */
  readonly fileNames: readonly string[];
}

/**
 * Opens a folder with `config.json` and weights: safetensors first, then torch `.bin`; one file or shards with an
 * index. Or a file that is a whole model, by its path or as the only one of a folder without such weights: GGUF, or a
 * llama2.c `.bin`; its own configuration counts, not a `config.json` beside it. Headers are read and checked, tensors
 * not yet. Nothing in a `.bin` is executed.
 * @throws {CheckpointError} naming the file, what was found, what was expected and what to do
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const names = await listFolder(path);
  const hasFolderWeights = names?.some((name) => folderWeights.includes(name)) === true;
  const file = hasFolderWeights ? null : await findModelFile(path);
  return file === null ? openFolder(path) : openModelFile(file);
}

async function openModelFile(file: ModelFile): Promise<Checkpoint> {
  const source = await openFile(file.path);
  try {
    const content = await readModelFile(file, source);
    return {
      source: file.path,
      ...content,
      checksum: checksumOnce([basename(file.path)], [source]),
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function openFolder(folder: string): Promise<Checkpoint> {
  const config = await readConfig(folder);
  const chosen = await chooseWeights(folder);
  const sources: ByteSource[] = [];
  const close = async (): Promise<void> => {
    for (const source of sources) await source.close();
  };
  try {
    const files = new Map<string, TensorFile>();
    for (const name of chosen.fileNames) {
      const source = await openFile(join(folder, name));
      sources.push(source);
      files.set(name, await chosen.open(source));
    }
    const { tensors, fileOf } = joinShards(folder, files, chosen.shardOf);
    return {
      source: folder,
      config,
      tensors,
      readFloat32: async (name) => {
        findTensor(tensors, name, folder);
        return (fileOf.get(name) as TensorFile).readFloat32(name);
      },
      checksum: checksumOnce(chosen.fileNames, sources),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function readConfig(folder: string): Promise<unknown> {
  const names = await listFolder(folder);
  if (names === null) {
    throw new CheckpointError({
      code: "missing-folder",
      file: folder,
      found: "no such folder",
      expected: "a folder with config.json and weights, or a model file",
      remedy:
        "Check the path; a Hub id must be downloaded first, for example with `hf download <id> --local-dir <folder>`.",
    });
  }
  const path = join(folder, "config.json");
  const text = await readTextFile(path);
  if (text !== null) return parseJsonObject(text, path, "a model's configuration");
  throw new CheckpointError({
    code: "missing-config",
    file: folder,
    found: `no config.json among ${listNames(names)}`,
    expected: "config.json, which names the architecture and its sizes",
    remedy: "Copy config.json of the same model into the folder.",
  });
}

async function chooseWeights(folder: string): Promise<ChosenWeights> {
  const names = (await listFolder(folder)) ?? [];
  for (const { single, index, open } of weightFormats) {
    if (names.includes(single)) return { open, shardOf: null, fileNames: [single] };
    if (!names.includes(index)) continue;
    const path = join(folder, index);
    const shardOf = parseShardIndex((await readTextFile(path)) ?? "", path);
    const fileNames = [...new Set(shardOf.values())].sort();
    const missing = fileNames.filter((name) => !names.includes(name));
    if (missing.length === 0) return { open, shardOf, fileNames };
    throw new CheckpointError({
      code: "missing-shard",
      file: path,
      found: `${fileNames.length - missing.length} of ${fileNames.length} shards; missing ${listNames(missing)}`,
      expected: "every shard beside the index",
      remedy: "Download the missing files into the folder.",
    });
  }
  throw new CheckpointError({
    code: "missing-weights",
    file: folder,
    found: `no weights among ${listNames(names)}`,
    expected: `one of ${folderWeights.join(", ")}, or one GGUF file`,
    remedy:
      "Download one of them. Weights of other formats (TensorFlow, Flax, ONNX) must be converted first, for " +
      "example by loading and saving the model in transformers.",
  });
}

function listNames(names: readonly string[]): string {
  if (names.length === 0) return "nothing";
  const shown = names.slice(0, 8).join(", ");
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}

/** Reads the files when it is first asked for. */
function checksumOnce(fileNames: readonly string[], sources: readonly ByteSource[]): () => Promise<string> {
  let checksum: Promise<string> | null = null;
  return () => {
    checksum ??= checksumOf(fileNames, sources);
    return checksum;
  };
}

async function checksumOf(fileNames: readonly string[], sources: readonly ByteSource[]): Promise<string> {
  const checksums: string[] = [];
  for (const source of sources) checksums.push(await sha256OfSource(source));
  if (checksums.length === 1) return checksums[0] as string;
  return sha256OfText(checksums.map((checksum, index) => `${checksum}  ${fileNames[index]}\n`).join(""));
}
