import type { ByteSource } from "../byteSource.ts";
import type { TensorInfo } from "../dtypes.ts";
import type { Checkpoint } from "../folder.ts";
import { halvesFromPairs } from "../rotaryRows.ts";
import { findTensor } from "../safetensors.ts";
import { openGguf } from "./file.ts";
import { llamaJsonOf } from "./llamaConfig.ts";
import { llamaTensorName, ROPE_FACTORS } from "./llamaNames.ts";

/** What a checkpoint is made of, beside the file itself. */
export type CheckpointContent = Pick<Checkpoint, "config" | "tensors" | "readFloat32">;

/**
 * A Llama in a GGUF file as transformers has it: its configuration, names and order of rows.
 * @throws {CheckpointError} naming the file, what was found, what was expected and what to do
 */
export async function readGgufCheckpoint(source: ByteSource): Promise<CheckpointContent> {
  const gguf = await openGguf(source);
  const config = await llamaJsonOf(gguf, source.name);
  const tensors = new Map<string, TensorInfo>();
  const storedNames = new Map<string, string>();
  for (const [storedName, { shape, dtype }] of gguf.tensors) {
    if (storedName === ROPE_FACTORS) continue;
    const name = llamaTensorName(storedName);
    tensors.set(name, { name, shape, dtype });
    storedNames.set(name, storedName);
  }
  const headsOf = (name: string): number | null => {
    if (/\.self_attn\.q_proj\./.test(name)) return config.num_attention_heads;
    return /\.self_attn\.k_proj\./.test(name) ? config.num_key_value_heads : null;
  };
  return {
    config,
    tensors,
    readFloat32: async (name) => {
      findTensor(tensors, name, source.name);
      const values = await gguf.readFloat32(storedNames.get(name) as string);
      const heads = headsOf(name);
      return heads === null ? values : halvesFromPairs(values, heads, config.head_dim);
    },
  };
}
