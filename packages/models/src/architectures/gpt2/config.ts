import { z } from "zod";
import type { Activation } from "../activation.ts";
import { activationSchema } from "../activation.ts";
import { parseModelConfig } from "../config.ts";
import { dropoutSchema } from "../encoderConfig.ts";

/** The fields of a GPT-2 `config.json` that change the computation, with the defaults of `transformers`. */
const schema = z.object({
  model_type: z.literal("gpt2"),
  vocab_size: z.int().positive().default(50_257),
  n_positions: z.int().positive().default(1024),
  n_embd: z.int().positive().default(768),
  n_layer: z.int().positive().default(12),
  n_head: z.int().positive().default(12),
  n_inner: z.int().positive().nullish(),
  activation_function: activationSchema.default("geluTanh"),
  resid_pdrop: dropoutSchema.default(0.1),
  embd_pdrop: dropoutSchema.default(0.1),
  attn_pdrop: dropoutSchema.default(0.1),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  initializer_range: z.number().positive().default(0.02),
  scale_attn_weights: z.literal(true).default(true),
  scale_attn_by_inverse_layer_idx: z.literal(false).default(false),
  tie_word_embeddings: z.literal(true).default(true),
  add_cross_attention: z.literal(false).default(false),
});

export interface Gpt2Config {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly maxPositions: number;
  readonly activation: Activation;
  readonly residualDropout: number;
  readonly embeddingDropout: number;
  readonly attentionDropout: number;
  readonly layerNormEpsilon: number;
  readonly initializerRange: number;
}

/** @throws ConfigError naming the field that is missing, wrong or not supported. */
export function parseGpt2Config(json: unknown): Gpt2Config {
  const fields = parseModelConfig("gpt2", schema, json);
  return {
    vocabSize: fields.vocab_size,
    hiddenSize: fields.n_embd,
    intermediateSize: fields.n_inner ?? 4 * fields.n_embd,
    layers: fields.n_layer,
    heads: fields.n_head,
    maxPositions: fields.n_positions,
    activation: fields.activation_function,
    residualDropout: fields.resid_pdrop,
    embeddingDropout: fields.embd_pdrop,
    attentionDropout: fields.attn_pdrop,
    layerNormEpsilon: fields.layer_norm_epsilon,
    initializerRange: fields.initializer_range,
  };
}
