import { z } from "zod";
import { parseModelConfig } from "../config.ts";
import type { EncoderConfig } from "../encoderConfig.ts";
import { dropoutSchema, encoderConfig, encoderFields } from "../encoderConfig.ts";

/** The fields of a RoBERTa `config.json` that change the computation. */
const schema = z
  .object({
    ...encoderFields,
    model_type: z.literal("roberta"),
    classifier_dropout: dropoutSchema.nullish(),
    type_vocab_size: z.int().positive().default(2),
    pad_token_id: z.int().nonnegative().default(1),
    position_embedding_type: z.literal("absolute").default("absolute"),
  })
  .refine((fields) => fields.max_position_embeddings > fields.pad_token_id + 1, {
    path: ["max_position_embeddings"],
    message: "positions begin at pad_token_id + 1, so more are needed",
  });

export interface RobertaConfig extends EncoderConfig {
  readonly classifierDropout: number;
  readonly typeVocabSize: number;
  /** Position of a row's first token. Positions before it are padding's and unused ones. */
  readonly firstPosition: number;
}

/** @throws ConfigError naming the field that is missing, wrong or not supported. */
export function parseRobertaConfig(json: unknown): RobertaConfig {
  const fields = parseModelConfig("roberta", schema, json);
  return {
    ...encoderConfig(fields),
    classifierDropout: fields.classifier_dropout ?? fields.hidden_dropout_prob,
    typeVocabSize: fields.type_vocab_size,
    firstPosition: fields.pad_token_id + 1,
  };
}
