import { z } from "zod";
import { parseModelConfig } from "../config.ts";
import { dropoutSchema } from "../encoderConfig.ts";
import type { Rotary } from "./rotary.ts";

/** How positions are stretched beyond those of pretraining, as `transformers` names it. */
const scalingSchema = z.object({
  rope_type: z.string().optional(),
  /** The older name of `rope_type`. */
  type: z.string().optional(),
  rope_theta: z.number().positive().optional(),
  factor: z.number().positive().optional(),
  low_freq_factor: z.number().positive().optional(),
  high_freq_factor: z.number().positive().optional(),
  original_max_position_embeddings: z.int().positive().optional(),
});

/** The fields of a Llama `config.json` that change the computation, with the defaults of `transformers`. */
const schema = z
  .object({
    model_type: z.literal("llama"),
    vocab_size: z.int().positive(),
    hidden_size: z.int().positive(),
    intermediate_size: z.int().positive(),
    num_hidden_layers: z.int().positive(),
    num_attention_heads: z.int().positive(),
    num_key_value_heads: z.int().positive().nullish(),
    head_dim: z.int().positive().nullish(),
    hidden_act: z.literal("silu").default("silu"),
    max_position_embeddings: z.int().positive().default(2048),
    initializer_range: z.number().positive().default(0.02),
    rms_norm_eps: z.number().positive().default(1e-6),
    rope_theta: z.number().positive().nullish(),
    rope_scaling: scalingSchema.nullish(),
    /** Both of the above, in newer files. */
    rope_parameters: scalingSchema.nullish(),
    attention_bias: z.boolean().default(false),
    mlp_bias: z.boolean().default(false),
    attention_dropout: dropoutSchema.default(0),
    tie_word_embeddings: z.boolean().default(false),
  })
  .refine((fields) => fields.num_attention_heads % (fields.num_key_value_heads ?? 1) === 0, {
    path: ["num_key_value_heads"],
    message: "expected a divisor of num_attention_heads",
  });

export interface LlamaConfig {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Heads of keys and values, each shared by `heads / keyValueHeads` heads of queries (Ainslie et al. 2023). */
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly maxPositions: number;
  readonly initializerRange: number;
  readonly normEpsilon: number;
  readonly rotary: Rotary;
  readonly attentionBias: boolean;
  readonly mlpBias: boolean;
  readonly attentionDropout: number;
  /** Whether a language model's output embeddings are its input embeddings. */
  readonly tiedEmbeddings: boolean;
}

/** @throws ConfigError naming the field that is missing, wrong or not supported. */
export function parseLlamaConfig(json: unknown): LlamaConfig {
  const fields = parseModelConfig("llama", schema.transform(withRotary), json);
  const { hidden_size, num_attention_heads } = fields;
  return {
    vocabSize: fields.vocab_size,
    hiddenSize: hidden_size,
    intermediateSize: fields.intermediate_size,
    layers: fields.num_hidden_layers,
    heads: num_attention_heads,
    keyValueHeads: fields.num_key_value_heads ?? num_attention_heads,
    headSize: fields.head_dim ?? hidden_size / num_attention_heads,
    maxPositions: fields.max_position_embeddings,
    initializerRange: fields.initializer_range,
    normEpsilon: fields.rms_norm_eps,
    rotary: fields.rotary,
    attentionBias: fields.attention_bias,
    mlpBias: fields.mlp_bias,
    attentionDropout: fields.attention_dropout,
    tiedEmbeddings: fields.tie_word_embeddings,
  };
}

function withRotary(
  fields: z.output<typeof schema>,
  context: z.RefinementCtx,
): z.output<typeof schema> & { readonly rotary: Rotary } {
  const found = fields.rope_parameters ?? fields.rope_scaling ?? {};
  const place = fields.rope_parameters == null ? "rope_scaling" : "rope_parameters";
  const theta = found.rope_theta ?? fields.rope_theta ?? 10_000;
  const problem = (field: string, message: string): typeof fields & { readonly rotary: Rotary } => {
    context.addIssue({ code: "custom", path: [place, field], message });
    return { ...fields, rotary: { theta, scaling: null } };
  };
  const kind = found.rope_type ?? found.type ?? "default";
  if (kind === "default") return { ...fields, rotary: { theta, scaling: null } };
  const { factor } = found;
  if (kind !== "linear" && kind !== "llama3") {
    return problem("rope_type", `found ${kind}; supported: default, linear, llama3`);
  }
  if (factor === undefined) return problem("factor", `${kind} needs it`);
  if (kind === "linear") return { ...fields, rotary: { theta, scaling: { kind, factor } } };
  const { low_freq_factor, high_freq_factor, original_max_position_embeddings } = found;
  if (low_freq_factor === undefined) return problem("low_freq_factor", "llama3 needs it");
  if (high_freq_factor === undefined) return problem("high_freq_factor", "llama3 needs it");
  if (original_max_position_embeddings === undefined)
    return problem("original_max_position_embeddings", "llama3 needs it");
  const scaling: Rotary["scaling"] = {
    kind,
    factor,
    lowFrequencyFactor: low_freq_factor,
    highFrequencyFactor: high_freq_factor,
    originalMaxPositions: original_max_position_embeddings,
  };
  return { ...fields, rotary: { theta, scaling } };
}
