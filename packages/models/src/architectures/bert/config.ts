import { z } from "zod";
import { parseModelConfig } from "../config.ts";
import type { EncoderConfig } from "../encoderConfig.ts";
import { dropoutSchema, encoderConfig, encoderFields } from "../encoderConfig.ts";

/** The fields of a BERT `config.json` that change the computation. */
const schema = z.object({
  ...encoderFields,
  model_type: z.literal("bert"),
  classifier_dropout: dropoutSchema.nullish(),
  type_vocab_size: z.int().positive().default(2),
  position_embedding_type: z.literal("absolute").default("absolute"),
});

export interface BertConfig extends EncoderConfig {
  readonly classifierDropout: number;
  readonly typeVocabSize: number;
}

/** @throws ConfigError naming the field that is missing, wrong or not supported. */
export function parseBertConfig(json: unknown): BertConfig {
  const fields = parseModelConfig("bert", schema, json);
  return {
    ...encoderConfig(fields),
    classifierDropout: fields.classifier_dropout ?? fields.hidden_dropout_prob,
    typeVocabSize: fields.type_vocab_size,
  };
}
