import type { HeadSpec, LinearModule, ParameterDeclaration } from "../architecture.ts";
import { HeadError } from "../config.ts";
import { OUTPUT_EMBEDDINGS } from "../decoderHead.ts";
import { requiredParameter } from "../encoderDeclarations.ts";
import type { T5Config } from "./config.ts";
import { relativeBias } from "./positionBias.ts";

export const SHARED = "shared";

type Stack = "encoder" | "decoder";

/** `encoder.block.0` */
export function blockName(stack: Stack, index: number): string {
  return `${stack}.block.${index}`;
}

/** Sub-layers of a block, by their place in it. */
export const SUBLAYERS = {
  encoder: { feedForward: 1, count: 2 },
  decoder: { feedForward: 2, count: 3 },
} as const;

function layersOf(config: T5Config, stack: Stack): number {
  return stack === "encoder" ? config.encoderLayers : config.decoderLayers;
}

/** Every linear layer in the order of the forward pass. @throws {HeadError} for a head that is no language model's */
export function t5LinearModules(config: T5Config, head: HeadSpec): readonly LinearModule[] {
  if (head.kind !== "languageModel") throw new HeadError("T5", head.kind, ["languageModel"]);
  return (["encoder", "decoder"] as const).flatMap((stack) =>
    Array.from({ length: layersOf(config, stack) }, (_, index) =>
      blockModules(config, stack, blockName(stack, index)),
    ).flat(),
  );
}

function blockModules(config: T5Config, stack: Stack, block: string): readonly LinearModule[] {
  const { hiddenSize, headSize, heads, intermediateSize, gated } = config;
  const linear = (path: string, alias: string, inFeatures: number, outFeatures: number): LinearModule => ({
    name: `${block}.layer.${path}`,
    aliases: [`${block}.${alias}`],
    inFeatures,
    outFeatures,
    bias: false,
    head: false,
  });
  const inner = heads * headSize;
  const attention = (path: string, alias: string): readonly LinearModule[] => [
    linear(`${path}.q`, `${alias}.self.query`, hiddenSize, inner),
    linear(`${path}.k`, `${alias}.self.key`, hiddenSize, inner),
    linear(`${path}.v`, `${alias}.self.value`, hiddenSize, inner),
    linear(`${path}.o`, `${alias}.output.dense`, inner, hiddenSize),
  ];
  const feedForward = `${SUBLAYERS[stack].feedForward}.DenseReluDense`;
  return [
    ...attention("0.SelfAttention", "attention"),
    ...(stack === "decoder" ? attention("1.EncDecAttention", "cross.attention") : []),
    ...(gated
      ? [
          linear(`${feedForward}.wi_0`, "gate.intermediate.dense", hiddenSize, intermediateSize),
          linear(`${feedForward}.wi_1`, "up.intermediate.dense", hiddenSize, intermediateSize),
        ]
      : [linear(`${feedForward}.wi`, "intermediate.dense", hiddenSize, intermediateSize)]),
    linear(`${feedForward}.wo`, "output.dense", intermediateSize, hiddenSize),
  ];
}

/** Every parameter, named as in `T5ForConditionalGeneration`. */
export function t5Parameters(config: T5Config, head: HeadSpec): readonly ParameterDeclaration[] {
  const { vocabSize, hiddenSize, buckets, heads, tiedEmbeddings } = config;
  const norms = (stack: Stack): readonly ParameterDeclaration[] => [
    ...Array.from({ length: layersOf(config, stack) }, (_, index) =>
      Array.from({ length: SUBLAYERS[stack].count }, (__, sublayer) =>
        requiredParameter(`${blockName(stack, index)}.layer.${sublayer}.layer_norm.weight`, [hiddenSize]),
      ),
    ).flat(),
    requiredParameter(`${stack}.final_layer_norm.weight`, [hiddenSize]),
    requiredParameter(relativeBias(stack), [buckets, heads]),
  ];
  return [
    requiredParameter(`${SHARED}.weight`, [vocabSize, hiddenSize]),
    ...norms("encoder"),
    ...norms("decoder"),
    ...t5LinearModules(config, head).map(({ name, inFeatures, outFeatures }) =>
      requiredParameter(`${name}.weight`, [outFeatures, inFeatures]),
    ),
    ...(tiedEmbeddings ? [] : [requiredParameter(`${OUTPUT_EMBEDDINGS}.weight`, [vocabSize, hiddenSize])]),
  ];
}
