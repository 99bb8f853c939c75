import { z } from "zod";
import { parseModelConfig } from "../config.ts";
import { dropoutSchema } from "../encoderConfig.ts";

/** The fields of a T5 `config.json` that change the computation, with the defaults of `transformers`. */
const schema = z
  .object({
    model_type: z.literal("t5"),
    vocab_size: z.int().positive().default(32_128),
    d_model: z.int().positive().default(512),
    d_kv: z.int().positive().default(64),
    d_ff: z.int().positive().default(2048),
    num_layers: z.int().positive().default(6),
    num_decoder_layers: z.int().positive().nullish(),
    num_heads: z.int().positive().default(8),
    relative_attention_num_buckets: z.int().positive().default(32),
    relative_attention_max_distance: z.int().positive().default(128),
    dropout_rate: dropoutSchema.default(0.1),
    layer_norm_epsilon: z.number().positive().default(1e-6),
    feed_forward_proj: z.enum(["relu", "gated-gelu"]).default("relu"),
    tie_word_embeddings: z.boolean().default(true),
    scale_decoder_outputs: z.boolean().optional(),
  })
  // T5 ties and scales, v1.1 does neither. Newer versions of transformers write that v1.1 ties, which its weights do not.
  .refine(({ tie_word_embeddings: tied, scale_decoder_outputs: scaled = tied }) => scaled === tied, {
    path: ["scale_decoder_outputs"],
    message:
      "expected the same as tie_word_embeddings; set both to false where the weights have an lm_head of their own",
  });

export interface T5Config {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  /** Of one head, which need not be `hiddenSize / heads`. */
  readonly headSize: number;
  readonly intermediateSize: number;
  readonly encoderLayers: number;
  readonly decoderLayers: number;
  readonly heads: number;
  readonly buckets: number;
  readonly maxDistance: number;
  readonly dropout: number;
  readonly normEpsilon: number;
  /** GELU of one projection times another (v1.1, Shazeer 2020), in place of ReLU. */
  readonly gated: boolean;
  /** Whether output embeddings are the input's, by hidden states scaled by `hiddenSize ** -0.5`. */
  readonly tiedEmbeddings: boolean;
}

/** @throws ConfigError naming the field that is missing, wrong or not supported. */
export function parseT5Config(json: unknown): T5Config {
  const fields = parseModelConfig("t5", schema, json);
  return {
    vocabSize: fields.vocab_size,
    hiddenSize: fields.d_model,
    headSize: fields.d_kv,
    intermediateSize: fields.d_ff,
    encoderLayers: fields.num_layers,
    decoderLayers: fields.num_decoder_layers ?? fields.num_layers,
    heads: fields.num_heads,
    buckets: fields.relative_attention_num_buckets,
    maxDistance: fields.relative_attention_max_distance,
    dropout: fields.dropout_rate,
    normEpsilon: fields.layer_norm_epsilon,
    gated: fields.feed_forward_proj === "gated-gelu",
    tiedEmbeddings: fields.tie_word_embeddings,
  };
}
