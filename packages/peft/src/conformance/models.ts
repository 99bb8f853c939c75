import type { HeadSpec } from "@peftbench/models";
import { architectureOf } from "@peftbench/models";
import type { HostTensor } from "@peftbench/runtime";
import { createRandom, elementCount } from "@peftbench/runtime";
import type { BaseValues, ModelShape } from "../index.ts";

/** Sizes of a BERT-like encoder. */
export interface EncoderSizes {
  readonly layers: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly heads: number;
  readonly vocabulary: number;
  readonly positions: number;
}

const TWO_LABELS: HeadSpec = { kind: "classification", labelCount: 2 };

/** The declarations of a BERT-like encoder with two labels, without weights. `headParameters` also train. */
export function encoderShape(sizes: EncoderSizes, headParameters: readonly string[]): ModelShape {
  const json = {
    model_type: "bert",
    vocab_size: sizes.vocabulary,
    hidden_size: sizes.hidden,
    num_hidden_layers: sizes.layers,
    num_attention_heads: sizes.heads,
    intermediate_size: sizes.intermediate,
    max_position_embeddings: sizes.positions,
    hidden_dropout_prob: 0.1,
    attention_probs_dropout_prob: 0.1,
  };
  const architecture = architectureOf(json);
  const config = architecture.parseConfig(json);
  return { architecture, config, head: TWO_LABELS, headParameters: new Set(headParameters) };
}

export const CLASSIFIER_PARAMETERS = ["classifier.weight", "classifier.bias"] as const;
export const POOLER_PARAMETERS = ["bert.pooler.dense.weight", "bert.pooler.dense.bias"] as const;

/** Sizes of models that papers count parameters on; adapters see no more of a model than these. */
export const PUBLISHED_SIZES = {
  base: { layers: 12, hidden: 768, intermediate: 3072, heads: 12, vocabulary: 30522, positions: 512 },
  large: { layers: 24, hidden: 1024, intermediate: 4096, heads: 16, vocabulary: 30522, positions: 512 },
} as const satisfies Readonly<Record<string, EncoderSizes>>;

/** The model that the suite trains: small, random, with no two sizes alike that could be mistaken for each other. */
export const smallBert: ModelShape = encoderShape(
  { layers: 2, hidden: 16, intermediate: 24, heads: 2, vocabulary: 19, positions: 9 },
  CLASSIFIER_PARAMETERS,
);

/** The same with a frozen head, so that what the method alone can learn shows. */
export const smallBertWithFrozenHead: ModelShape = { ...smallBert, headParameters: new Set() };

/** Random values of a model's parameters. None is at its usual first value, so that a forgotten one shows. */
export function randomWeights({ architecture, config, head }: ModelShape, seed: number): BaseValues {
  return new Map(
    architecture.parameters(config, head).map(({ name, shape }): [string, HostTensor] => {
      const random = createRandom(seed, name);
      const isNormWeight = shape.length === 1 && name.endsWith(".weight");
      const [mean, deviation] = isNormWeight ? [1, 0.1] : shape.length === 1 ? [0, 0.1] : [0, 0.35];
      const data = Float32Array.from(
        { length: elementCount(shape) },
        () => mean + deviation * random.normal(),
      );
      return [name, { shape, dtype: "f32", data }];
    }),
  );
}
