import type { ByteSource } from "../byteSource.ts";
import { refuseGitLfsPointer } from "../byteSource.ts";
import type { TensorInfo } from "../dtypes.ts";
import { decodeFloat32, elementCount } from "../dtypes.ts";
import { CheckpointError } from "../errors.ts";
import type { CheckpointContent } from "../gguf/checkpoint.ts";
import { halvesFromPairs } from "../rotaryRows.ts";
import { findTensor } from "../safetensors.ts";

// The format: `Config` and `memory_map_weights` in llama2.c's run.c (its export of version 0). Seven int32, then 32-bit
// floats: each kind of tensor for all layers one after another.
// https://github.com/karpathy/llama2.c

interface Sizes {
  readonly hidden: number;
  readonly feedForward: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly vocabulary: number;
  /** Whether the output embeddings are the input's: written as a positive size of the vocabulary. */
  readonly tied: boolean;
  readonly positions: number;
}

interface PlacedTensor extends TensorInfo {
  readonly byteOffset: number;
  /** Of a query or key projection; else null. */
  readonly heads: number | null;
}

const headerBytes = 7 * 4;

/** Whether a file has just the length that its first numbers give to a llama2.c checkpoint. */
export async function isLlama2c(source: ByteSource): Promise<boolean> {
  const sizes = await readSizes(source);
  return sizes !== null && byteLengthOf(sizes) === source.byteLength;
}

/**
 * A llama2.c checkpoint of version 0, such as stories260K.bin, as transformers has a Llama: its configuration, names and
 * order of rows. What the file does not say is as in llama2.c: rotary theta 10000, norm epsilon 1e-5, BOS 1 and EOS 2.
 * @throws {CheckpointError} `bad-header`, `cut-off`, `git-lfs-pointer`
 */
export async function readLlama2cCheckpoint(source: ByteSource): Promise<CheckpointContent> {
  await refuseGitLfsPointer(source);
  const sizes = await readSizes(source);
  if (sizes === null) {
    throw new CheckpointError({
      code: "bad-header",
      file: source.name,
      found: `first numbers that are no sizes of a model, in ${source.byteLength} bytes`,
      expected: "a llama2.c checkpoint of version 0: seven int32, then 32-bit floats",
      remedy:
        "The file is damaged or of another kind; export the model with `export.py --version 0` of llama2.c.",
    });
  }
  const byteLength = byteLengthOf(sizes);
  if (byteLength !== source.byteLength) {
    throw new CheckpointError({
      code: byteLength > source.byteLength ? "cut-off" : "bad-header",
      file: source.name,
      found: `${source.byteLength} bytes`,
      expected: `${byteLength} bytes, for a llama2.c checkpoint of the sizes at its beginning`,
      remedy: "The file is cut off, damaged or of another kind; download it again.",
    });
  }
  const tensors = placeTensors(sizes);
  return {
    config: configOf(sizes),
    tensors,
    readFloat32: async (name) => {
      const { shape, byteOffset, heads } = findTensor(tensors, name, source.name);
      const values = decodeFloat32(await source.read(byteOffset, elementCount(shape) * 4), "F32");
      return heads === null ? values : halvesFromPairs(values, heads, sizes.headSize);
    },
  };
}

/** Null where the file does not begin with sizes. */
async function readSizes(source: ByteSource): Promise<Sizes | null> {
  if (source.byteLength < headerBytes) return null;
  const view = new DataView((await source.read(0, headerBytes)).buffer);
  const [
    hidden = 0,
    feedForward = 0,
    layers = 0,
    heads = 0,
    keyValueHeads = 0,
    vocabulary = 0,
    positions = 0,
  ] = Array.from({ length: 7 }, (_, index) => view.getInt32(index * 4, true));
  const headSize = hidden / heads;
  const isSound =
    [hidden, feedForward, layers, heads, keyValueHeads, positions].every((size) => size > 0) &&
    vocabulary !== 0 &&
    headSize % 2 === 0 &&
    heads % keyValueHeads === 0;
  if (!isSound) return null;
  return {
    ...{ hidden, feedForward, layers, heads, keyValueHeads, headSize, positions },
    vocabulary: Math.abs(vocabulary),
    tied: vocabulary > 0,
  };
}

function byteLengthOf(sizes: Sizes): number {
  const { hidden, feedForward, layers, heads, keyValueHeads, headSize, vocabulary, tied, positions } = sizes;
  const attention = 2 * hidden * headSize * (heads + keyValueHeads);
  const layer = 2 * hidden + attention + 3 * hidden * feedForward;
  const embeddings = (tied ? 1 : 2) * vocabulary * hidden;
  return headerBytes + 4 * (embeddings + layers * layer + hidden + rotaryTable(positions, headSize));
}

/** Floats of the sines and cosines of the rotary positions, which llama2.c itself passes over today. */
function rotaryTable(positions: number, headSize: number): number {
  return positions * headSize;
}

function placeTensors(sizes: Sizes): ReadonlyMap<string, PlacedTensor> {
  const { hidden, feedForward, layers, heads, keyValueHeads, headSize, vocabulary, positions } = sizes;
  const tensors = new Map<string, PlacedTensor>();
  let byteOffset = headerBytes;
  const place = (name: string, shape: readonly number[], rotatedHeads: number | null = null): void => {
    tensors.set(name, { name, shape, dtype: "F32", byteOffset, heads: rotatedHeads });
    byteOffset += elementCount(shape) * 4;
  };
  const placeInLayers = (
    name: string,
    shape: readonly number[],
    rotatedHeads: number | null = null,
  ): void => {
    for (let layer = 0; layer < layers; layer++) {
      place(`model.layers.${layer}.${name}.weight`, shape, rotatedHeads);
    }
  };
  const narrow = keyValueHeads * headSize;
  place("model.embed_tokens.weight", [vocabulary, hidden]);
  placeInLayers("input_layernorm", [hidden]);
  placeInLayers("self_attn.q_proj", [hidden, hidden], heads);
  placeInLayers("self_attn.k_proj", [narrow, hidden], keyValueHeads);
  placeInLayers("self_attn.v_proj", [narrow, hidden]);
  placeInLayers("self_attn.o_proj", [hidden, hidden]);
  placeInLayers("post_attention_layernorm", [hidden]);
  placeInLayers("mlp.gate_proj", [feedForward, hidden]);
  placeInLayers("mlp.down_proj", [hidden, feedForward]);
  placeInLayers("mlp.up_proj", [feedForward, hidden]);
  place("model.norm.weight", [hidden]);
  byteOffset += 4 * rotaryTable(positions, headSize);
  if (!sizes.tied) place("lm_head.weight", [vocabulary, hidden]);
  return tensors;
}

function configOf(sizes: Sizes): unknown {
  return {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    vocab_size: sizes.vocabulary,
    hidden_size: sizes.hidden,
    intermediate_size: sizes.feedForward,
    num_hidden_layers: sizes.layers,
    num_attention_heads: sizes.heads,
    num_key_value_heads: sizes.keyValueHeads,
    head_dim: sizes.headSize,
    hidden_act: "silu",
    max_position_embeddings: sizes.positions,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    tie_word_embeddings: sizes.tied,
    bos_token_id: 1,
    eos_token_id: 2,
    pad_token_id: null,
  };
}
