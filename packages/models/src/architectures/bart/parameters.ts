import type { HeadSpec, LinearModule, ParameterDeclaration } from "../architecture.ts";
import { HeadError } from "../config.ts";
import { linearModule, normParameters, requiredParameter } from "../encoderDeclarations.ts";
import type { BartConfig } from "./config.ts";

export const SHARED = "model.shared";

export type Stack = "encoder" | "decoder";

/** Positions that are never used: a row's first token has the position after them. */
export const POSITION_OFFSET = 2;

/** Every linear layer in the order of the forward pass. @throws {HeadError} for a head that is no language model's */
export function bartLinearModules(config: BartConfig, head: HeadSpec): readonly LinearModule[] {
  if (head.kind !== "languageModel") throw new HeadError("BART", head.kind, ["languageModel"]);
  return (["encoder", "decoder"] as const).flatMap((stack) =>
    Array.from({ length: config[stack].layers }, (_, index) =>
      layerModules(config, stack, `model.${stack}.layers.${index}`),
    ).flat(),
  );
}

function layerModules(config: BartConfig, stack: Stack, layer: string): readonly LinearModule[] {
  const { hiddenSize } = config;
  const { intermediateSize } = config[stack];
  const linear = (path: string, alias: string, inFeatures: number, outFeatures: number): LinearModule => ({
    ...linearModule(`${layer}.${path}`, inFeatures, outFeatures, false),
    aliases: [`${layer}.${alias}`],
  });
  const attention = (path: string, alias: string): readonly LinearModule[] => [
    linear(`${path}.q_proj`, `${alias}.self.query`, hiddenSize, hiddenSize),
    linear(`${path}.k_proj`, `${alias}.self.key`, hiddenSize, hiddenSize),
    linear(`${path}.v_proj`, `${alias}.self.value`, hiddenSize, hiddenSize),
    linear(`${path}.out_proj`, `${alias}.output.dense`, hiddenSize, hiddenSize),
  ];
  return [
    ...attention("self_attn", "attention"),
    ...(stack === "decoder" ? attention("encoder_attn", "cross.attention") : []),
    linear("fc1", "intermediate.dense", hiddenSize, intermediateSize),
    linear("fc2", "output.dense", intermediateSize, hiddenSize),
  ];
}

/** Every parameter, named as in `BartForConditionalGeneration`. */
export function bartParameters(config: BartConfig, head: HeadSpec): readonly ParameterDeclaration[] {
  const { vocabSize, hiddenSize, maxPositions } = config;
  const ofStack = (stack: Stack): readonly ParameterDeclaration[] => {
    const attentions = stack === "decoder" ? ["self_attn", "encoder_attn"] : ["self_attn"];
    const norms = [...attentions.map((name) => `${name}_layer_norm`), "final_layer_norm"];
    return [
      requiredParameter(`model.${stack}.embed_positions.weight`, [
        maxPositions + POSITION_OFFSET,
        hiddenSize,
      ]),
      ...normParameters(`model.${stack}.layernorm_embedding`, hiddenSize),
      ...Array.from({ length: config[stack].layers }, (_, index) =>
        norms.flatMap((norm) => normParameters(`model.${stack}.layers.${index}.${norm}`, hiddenSize)),
      ).flat(),
    ];
  };
  return [
    requiredParameter(`${SHARED}.weight`, [vocabSize, hiddenSize]),
    ...ofStack("encoder"),
    ...ofStack("decoder"),
    ...bartLinearModules(config, head).flatMap(({ name, inFeatures, outFeatures }) => [
      requiredParameter(`${name}.weight`, [outFeatures, inFeatures]),
      requiredParameter(`${name}.bias`, [outFeatures]),
    ]),
  ];
}
