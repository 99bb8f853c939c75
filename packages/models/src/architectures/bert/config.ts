import { z } from "zod";
import { parseModelConfig } from "../config.ts";

/** The fields of a BERT `config.json` that change the computation. */
const schema = z.object({
  model_type: z.literal("bert"),
  vocab_size: z.int().positive(),
  hidden_size: z.int().positive(),
  num_hidden_layers: z.int().positive(),
  num_attention_heads: z.int().positive(),
  intermediate_size: z.int().positive(),
  hidden_act: z.enum(["gelu", "gelu_new", "gelu_pytorch_tanh", "relu"]).default("gelu"),
  hidden_dropout_prob: z.number().min(0).lt(1).default(0.1),
  attention_probs_dropout_prob: z.number().min(0).lt(1).default(0.1),
  classifier_dropout: z.number().min(0).lt(1).nullish(),
  max_position_embeddings: z.int().positive().default(512),
  type_vocab_size: z.int().positive().default(2),
  initializer_range: z.number().positive().default(0.02),
  layer_norm_eps: z.number().positive().default(1e-12),
  position_embedding_type: z.literal("absolute").default("absolute"),
});

export interface BertConfig {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly intermediateSize: number;
  readonly activation: "gelu" | "geluTanh" | "relu";
  readonly hiddenDropout: number;
  readonly attentionDropout: number;
  readonly classifierDropout: number;
  readonly maxPositions: number;
  readonly typeVocabSize: number;
  readonly initializerRange: number;
  readonly layerNormEpsilon: number;
}

/** @throws ConfigError naming the field that is missing, wrong or not supported. */
export function parseBertConfig(json: unknown): BertConfig {
  const config = parseModelConfig("bert", schema, json);
  const tanhNames: readonly string[] = ["gelu_new", "gelu_pytorch_tanh"];
  return {
    vocabSize: config.vocab_size,
    hiddenSize: config.hidden_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    intermediateSize: config.intermediate_size,
    activation: tanhNames.includes(config.hidden_act)
      ? "geluTanh"
      : config.hidden_act === "relu"
        ? "relu"
        : "gelu",
    hiddenDropout: config.hidden_dropout_prob,
    attentionDropout: config.attention_probs_dropout_prob,
    classifierDropout: config.classifier_dropout ?? config.hidden_dropout_prob,
    maxPositions: config.max_position_embeddings,
    typeVocabSize: config.type_vocab_size,
    initializerRange: config.initializer_range,
    layerNormEpsilon: config.layer_norm_eps,
  };
}
