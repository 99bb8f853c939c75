import { frequencies } from "../../architectures/llama/rotary.ts";
import { CheckpointError } from "../errors.ts";
import { badGguf } from "./cursor.ts";
import type { GgufFile } from "./file.ts";
import { ROPE_FACTORS } from "./llamaNames.ts";
import type { GgufFields } from "./metadata.ts";
import { fieldsOf } from "./metadata.ts";

/** What is used of a Llama's `config.json`, by the names of transformers' `LlamaConfig`. */
export interface LlamaJson {
  readonly architectures: readonly string[];
  readonly model_type: "llama";
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly head_dim: number;
  readonly hidden_act: "silu";
  readonly max_position_embeddings: number;
  readonly rms_norm_eps: number;
  readonly rope_theta: number;
  readonly rope_scaling: Readonly<Record<string, string | number>> | null;
  readonly attention_bias: boolean;
  readonly mlp_bias: boolean;
  readonly tie_word_embeddings: boolean;
  readonly bos_token_id: number | null;
  readonly eos_token_id: number | null;
  readonly pad_token_id: number | null;
}

/**
 * The configuration that a GGUF file's metadata stands for.
 * @throws {CheckpointError} `missing-metadata`, `bad-header`, `unsupported-model`
 */
export async function llamaJsonOf(gguf: GgufFile, file: string): Promise<LlamaJson> {
  const fields = fieldsOf(gguf.metadata, file);
  checkKind(fields, file);
  const needed = (key: string): number => fields.required(key, fields.integer(key));
  const hiddenSize = needed("llama.embedding_length");
  const heads = needed("llama.attention.head_count");
  const headSize = fields.integer("llama.attention.key_length") ?? hiddenSize / heads;
  checkHeads(fields, headSize, file);
  const normKey = "llama.attention.layer_norm_rms_epsilon";
  const theta = decimalOf(fields.number("llama.rope.freq_base") ?? 10_000);
  return {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    vocab_size: fields.integer("llama.vocab_size") ?? embeddingRows(gguf, file),
    hidden_size: hiddenSize,
    intermediate_size: needed("llama.feed_forward_length"),
    num_hidden_layers: needed("llama.block_count"),
    num_attention_heads: heads,
    num_key_value_heads: fields.integer("llama.attention.head_count_kv") ?? heads,
    head_dim: headSize,
    hidden_act: "silu",
    max_position_embeddings: needed("llama.context_length"),
    rms_norm_eps: decimalOf(fields.required(normKey, fields.number(normKey))),
    rope_theta: theta,
    rope_scaling: gguf.tensors.has(ROPE_FACTORS)
      ? await llama3Scaling(gguf, theta, headSize, file)
      : namedScaling(fields),
    attention_bias: gguf.tensors.has("blk.0.attn_q.bias"),
    mlp_bias: gguf.tensors.has("blk.0.ffn_gate.bias"),
    tie_word_embeddings: !gguf.tensors.has("output.weight"),
    bos_token_id: fields.integer("tokenizer.ggml.bos_token_id") ?? null,
    eos_token_id: fields.integer("tokenizer.ggml.eos_token_id") ?? null,
    pad_token_id: fields.integer("tokenizer.ggml.padding_token_id") ?? null,
  };
}

function unsupported(file: string, found: string, expected: string): CheckpointError {
  return new CheckpointError({
    code: "unsupported-model",
    file,
    found,
    expected,
    remedy:
      "Use the original checkpoint of the model (safetensors and config.json) if its architecture is supported.",
  });
}

function checkKind(fields: GgufFields, file: string): void {
  const parts = fields.integer("split.count") ?? 1;
  if (parts > 1) {
    throw new CheckpointError({
      code: "unsupported-model",
      file,
      found: `one of ${parts} parts of a model`,
      expected: "a whole model in one file",
      remedy: "Join the parts with `llama-gguf-split --merge <first part> <new file>` of llama.cpp.",
    });
  }
  const key = "general.architecture";
  const architecture = fields.required(key, fields.text(key));
  if (architecture !== "llama") {
    throw unsupported(file, `a model of the architecture ${architecture}`, "llama, the one read from GGUF");
  }
  const experts = fields.integer("llama.expert_count") ?? 0;
  if (experts > 0) throw unsupported(file, `a mixture of ${experts} experts`, "a model without experts");
}

function checkHeads(fields: GgufFields, headSize: number, file: string): void {
  if (!Number.isInteger(headSize) || headSize % 2 !== 0) {
    throw badGguf(file, `heads of ${headSize} features`, "an even number");
  }
  const rotated = fields.integer("llama.rope.dimension_count") ?? headSize;
  const valueSize = fields.integer("llama.attention.value_length") ?? headSize;
  if (rotated !== headSize) {
    throw unsupported(file, `heads that turn ${rotated} of ${headSize} features`, "all of them turned");
  }
  if (valueSize !== headSize) {
    throw unsupported(file, `values of ${valueSize} and keys of ${headSize} features a head`, "equally many");
  }
}

function embeddingRows(gguf: GgufFile, file: string): number {
  const rows = gguf.tensors.get("token_embd.weight")?.shape[0];
  if (rows === undefined) throw badGguf(file, "no tensor token_embd.weight", "the table of embeddings");
  return rows;
}

/** A kind that our Llama does not know goes on to whoever reads the configuration, and is refused there by name. */
function namedScaling(fields: GgufFields): LlamaJson["rope_scaling"] {
  const kind = fields.text("llama.rope.scaling.type") ?? "none";
  const factor = fields.number("llama.rope.scaling.factor") ?? fields.number("llama.rope.scale_linear") ?? 1;
  if (kind === "none" && factor === 1) return null;
  return { rope_type: kind === "none" ? "linear" : kind, factor: decimalOf(factor) };
}

/** What every Llama 3.1, 3.2 and 3.3 has beside its factor. */
const llama3 = { low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192 } as const;
const factorTolerance = 1e-5;

/**
 * Llama 3's scaling, of which llama.cpp keeps only what it makes of the frequencies. The longest wave is divided by the
 * factor itself; that factor must then explain all the others.
 */
async function llama3Scaling(
  gguf: GgufFile,
  theta: number,
  headSize: number,
  file: string,
): Promise<LlamaJson["rope_scaling"]> {
  const factors = await gguf.readFloat32(ROPE_FACTORS);
  const factor = factors.at(-1) ?? 1;
  const plain = frequencies({ theta, scaling: null }, headSize);
  const scaled = frequencies(
    {
      theta,
      scaling: {
        kind: "llama3",
        factor,
        lowFrequencyFactor: llama3.low_freq_factor,
        highFrequencyFactor: llama3.high_freq_factor,
        originalMaxPositions: llama3.original_max_position_embeddings,
      },
    },
    headSize,
  );
  const isExplained =
    factors.length === plain.length &&
    factors.every((found, pair) => {
      const expected = (plain[pair] as number) / (scaled[pair] as number);
      return Math.abs(found - expected) <= factorTolerance * expected;
    });
  if (isExplained) return { rope_type: "llama3", factor, ...llama3 };
  throw unsupported(
    file,
    `${ROPE_FACTORS} of other factors than Llama 3's`,
    "those of rope_type llama3, with 8192 original positions and frequency factors 1 and 4",
  );
}

/** The shortest decimal that is the same 32-bit float: 1e-5 instead of 9.999999747378752e-6. */
function decimalOf(float: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const decimal = Number(float.toPrecision(digits));
    if (Math.fround(decimal) === float) return decimal;
  }
  return float;
}
