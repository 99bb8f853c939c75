import { z } from "zod";
import type { Activation } from "../activation.ts";
import { activationSchema } from "../activation.ts";
import { parseModelConfig } from "../config.ts";
import type { EncoderConfig } from "../encoderConfig.ts";
import { dropoutSchema, encoderConfig, encoderFields } from "../encoderConfig.ts";

/** In this order or the other, in one string or as a list. */
const bothTerms = z
  .union([z.string().transform((text) => text.split("|")), z.array(z.string())])
  .transform((terms) => terms.map((term) => term.trim().toLowerCase()).sort())
  .refine((terms) => terms.join() === "c2p,p2c", { message: 'only "p2c|c2p" is supported' });

/**
 * The fields of a DeBERTa-v2 `config.json` that change the computation. Of what the format can say only what DeBERTa-v3
 * does is supported; where `transformers` has another default, the field is required.
 */
const schema = z
  .object({
    ...encoderFields,
    model_type: z.literal("deberta-v2"),
    layer_norm_eps: z.number().positive().default(1e-7),
    relative_attention: z.literal(true),
    position_biased_input: z.literal(false),
    share_att_key: z.literal(true),
    pos_att_type: bothTerms,
    norm_rel_ebd: z.literal("layer_norm"),
    position_buckets: z.int().positive(),
    max_relative_positions: z.int().default(-1),
    type_vocab_size: z.literal(0).default(0),
    conv_kernel_size: z.literal(0).default(0),
    embedding_size: z.int().optional(),
    attention_head_size: z.int().optional(),
    pooler_hidden_size: z.int().optional(),
    pooler_dropout: dropoutSchema.default(0),
    pooler_hidden_act: activationSchema.default("gelu"),
    cls_dropout: dropoutSchema.nullish(),
  })
  .superRefine((fields, context) => {
    const { hidden_size, num_attention_heads } = fields;
    const only = {
      embedding_size: hidden_size,
      pooler_hidden_size: hidden_size,
      attention_head_size: hidden_size / num_attention_heads,
    };
    for (const [field, value] of Object.entries(only)) {
      const found = fields[field as keyof typeof only];
      if (found === undefined || found === value) continue;
      context.addIssue({ code: "custom", path: [field], message: `${found}; only ${value} is supported` });
    }
  });

export interface DebertaConfig extends EncoderConfig {
  /** Buckets that distances to one side fall into. */
  readonly positionBuckets: number;
  /** Distance from which on all share a bucket. */
  readonly maxRelativePositions: number;
  readonly poolerDropout: number;
  readonly poolerActivation: Activation;
  readonly classifierDropout: number;
}

/** @throws ConfigError naming the field that is missing, wrong or not supported. */
export function parseDebertaConfig(json: unknown): DebertaConfig {
  const fields = parseModelConfig("deberta-v2", schema, json);
  return {
    ...encoderConfig(fields),
    positionBuckets: fields.position_buckets,
    maxRelativePositions:
      fields.max_relative_positions < 1 ? fields.max_position_embeddings : fields.max_relative_positions,
    poolerDropout: fields.pooler_dropout,
    poolerActivation: fields.pooler_hidden_act,
    classifierDropout: fields.cls_dropout ?? fields.hidden_dropout_prob,
  };
}
