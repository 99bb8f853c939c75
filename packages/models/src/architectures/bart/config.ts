import { z } from "zod";
import type { Activation } from "../activation.ts";
import { activationSchema } from "../activation.ts";
import { parseModelConfig } from "../config.ts";
import { dropoutSchema } from "../encoderConfig.ts";

/** The fields of a BART `config.json` that change the computation, with the defaults of `transformers`. */
const schema = z.object({
  model_type: z.literal("bart"),
  vocab_size: z.int().positive().default(50_265),
  d_model: z.int().positive().default(1024),
  encoder_layers: z.int().positive().default(12),
  decoder_layers: z.int().positive().default(12),
  encoder_attention_heads: z.int().positive().default(16),
  decoder_attention_heads: z.int().positive().default(16),
  encoder_ffn_dim: z.int().positive().default(4096),
  decoder_ffn_dim: z.int().positive().default(4096),
  max_position_embeddings: z.int().positive().default(1024),
  activation_function: activationSchema.default("gelu"),
  dropout: dropoutSchema.default(0.1),
  attention_dropout: dropoutSchema.default(0),
  activation_dropout: dropoutSchema.default(0),
  scale_embedding: z.boolean().default(false),
  tie_word_embeddings: z.literal(true).default(true),
});

/** Sizes of the encoder or the decoder. */
export interface BartStack {
  readonly layers: number;
  readonly heads: number;
  readonly intermediateSize: number;
}

export interface BartConfig {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly encoder: BartStack;
  readonly decoder: BartStack;
  readonly maxPositions: number;
  readonly activation: Activation;
  readonly dropout: number;
  readonly attentionDropout: number;
  readonly activationDropout: number;
  /** Factor on the embeddings of words. */
  readonly embeddingScale: number;
  readonly layerNormEpsilon: number;
}

/** PyTorch's default, which no file names. */
const LAYER_NORM_EPSILON = 1e-5;

/** @throws ConfigError naming the field that is missing, wrong or not supported. */
export function parseBartConfig(json: unknown): BartConfig {
  const fields = parseModelConfig("bart", schema, json);
  return {
    vocabSize: fields.vocab_size,
    hiddenSize: fields.d_model,
    encoder: {
      layers: fields.encoder_layers,
      heads: fields.encoder_attention_heads,
      intermediateSize: fields.encoder_ffn_dim,
    },
    decoder: {
      layers: fields.decoder_layers,
      heads: fields.decoder_attention_heads,
      intermediateSize: fields.decoder_ffn_dim,
    },
    maxPositions: fields.max_position_embeddings,
    activation: fields.activation_function,
    dropout: fields.dropout,
    attentionDropout: fields.attention_dropout,
    activationDropout: fields.activation_dropout,
    embeddingScale: fields.scale_embedding ? Math.sqrt(fields.d_model) : 1,
    layerNormEpsilon: LAYER_NORM_EPSILON,
  };
}
