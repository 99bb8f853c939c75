import { z } from "zod";
import type { Activation } from "./activation.ts";
import { activationSchema } from "./activation.ts";

/** A probability of dropout. */
export const dropoutSchema = z.number().min(0).lt(1);

/** The fields of `config.json` that encoders of BERT's kind have in common, with the defaults of `transformers`. */
export const encoderFields = {
  vocab_size: z.int().positive(),
  hidden_size: z.int().positive(),
  num_hidden_layers: z.int().positive(),
  num_attention_heads: z.int().positive(),
  intermediate_size: z.int().positive(),
  hidden_act: activationSchema.default("gelu"),
  hidden_dropout_prob: dropoutSchema.default(0.1),
  attention_probs_dropout_prob: dropoutSchema.default(0.1),
  max_position_embeddings: z.int().positive().default(512),
  initializer_range: z.number().positive().default(0.02),
  layer_norm_eps: z.number().positive().default(1e-12),
};

export interface EncoderConfig {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly intermediateSize: number;
  readonly activation: Activation;
  readonly hiddenDropout: number;
  readonly attentionDropout: number;
  readonly maxPositions: number;
  readonly initializerRange: number;
  readonly layerNormEpsilon: number;
}

export function encoderConfig(fields: z.output<z.ZodObject<typeof encoderFields>>): EncoderConfig {
  return {
    vocabSize: fields.vocab_size,
    hiddenSize: fields.hidden_size,
    layers: fields.num_hidden_layers,
    heads: fields.num_attention_heads,
    intermediateSize: fields.intermediate_size,
    activation: fields.hidden_act,
    hiddenDropout: fields.hidden_dropout_prob,
    attentionDropout: fields.attention_probs_dropout_prob,
    maxPositions: fields.max_position_embeddings,
    initializerRange: fields.initializer_range,
    layerNormEpsilon: fields.layer_norm_eps,
  };
}
