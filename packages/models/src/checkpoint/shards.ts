import { z } from "zod";
import type { TensorInfo } from "./dtypes.ts";
import { CheckpointError } from "./errors.ts";
import { parseJsonObject } from "./json.ts";
import type { TensorFile } from "./safetensors.ts";

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/**
 * The index of a sharded checkpoint: which file holds each tensor.
 * @throws {CheckpointError} `bad-json`, `bad-index`
 */
export function parseShardIndex(text: string, file: string): ReadonlyMap<string, string> {
  const parsed = indexSchema.safeParse(parseJsonObject(text, file, "the index of a sharded checkpoint"));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw badIndex(
      file,
      `${issue?.path.join(".") || "index"}: ${issue?.message}`,
      "weight_map: tensor -> file name",
    );
  }
  const shardOf = new Map(Object.entries(parsed.data.weight_map));
  if (shardOf.size === 0) throw badIndex(file, "an empty weight_map", "weight_map: tensor -> file name");
  for (const [tensor, name] of shardOf) {
    // An index may come from anywhere: it must not reach files outside its folder.
    if (!/^[^/\\]+$/.test(name) || name === ".." || name === ".") {
      throw badIndex(file, `the file ${JSON.stringify(name)} for ${tensor}`, "a plain file name");
    }
  }
  return shardOf;
}

/** The tensors of all files under one roof, and which file to ask for each. */
export interface JoinedShards {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly fileOf: ReadonlyMap<string, TensorFile>;
}

/**
 * Holds the files against the index: each must have exactly the tensors the index says.
 * @param shardOf null where there is one file and no index
 * @throws {CheckpointError} `bad-index`
 */
export function joinShards(
  folder: string,
  files: ReadonlyMap<string, TensorFile>,
  shardOf: ReadonlyMap<string, string> | null,
): JoinedShards {
  const tensors = new Map<string, TensorInfo>();
  const fileOf = new Map<string, TensorFile>();
  for (const [fileName, file] of files) {
    for (const [name, { shape, dtype }] of file.tensors) {
      const expectedFile = shardOf === null ? fileName : shardOf.get(name);
      if (expectedFile !== fileName) {
        const expected = expectedFile === undefined ? "it in the index" : `it in ${expectedFile}`;
        throw badIndex(folder, `tensor ${name} in ${fileName}`, `${expected}, as the index says`);
      }
      tensors.set(name, { name, shape, dtype });
      fileOf.set(name, file);
    }
  }
  for (const [name, fileName] of shardOf ?? []) {
    if (!tensors.has(name))
      throw badIndex(folder, `no tensor ${name} in ${fileName}`, "it there, as the index says");
  }
  return { tensors, fileOf };
}

function badIndex(file: string, found: string, expected: string): CheckpointError {
  return new CheckpointError({
    code: "bad-index",
    file,
    found,
    expected,
    remedy: "Index and shards do not belong together, or are damaged; download them all again.",
  });
}
