import type { HeadSpec, LinearModule, ParameterDeclaration } from "../architecture.ts";
import { SCORE } from "../decoderHead.ts";
import { labelCountOf, normParameters, requiredParameter } from "../encoderDeclarations.ts";
import type { Gpt2Config } from "./config.ts";

export const WORDS = "transformer.wte";
export const POSITIONS = "transformer.wpe";
export const LAYERS = "transformer.h";
export const FINAL_NORM = "transformer.ln_f";

const SELF_ATTENTION = ["attention.self.query", "attention.self.key", "attention.self.value"];

/**
 * Every linear layer of the model in the order of the forward pass. One matrix makes query, key and value: what targets
 * any of them by BERT's name targets all.
 */
export function gpt2LinearModules(config: Gpt2Config, head: HeadSpec): readonly LinearModule[] {
  const { hiddenSize, intermediateSize } = config;
  const layers = Array.from({ length: config.layers }, (_, index) => {
    const linear = (
      path: string,
      bertNames: readonly string[],
      inFeatures: number,
      outFeatures: number,
    ): LinearModule => {
      const layer = `${LAYERS}.${index}`;
      const aliases = bertNames.map((name) => `${layer}.${name}`);
      return { name: `${layer}.${path}`, aliases, inFeatures, outFeatures, bias: true, head: false };
    };
    return [
      linear("attn.c_attn", SELF_ATTENTION, hiddenSize, 3 * hiddenSize),
      linear("attn.c_proj", ["attention.output.dense"], hiddenSize, hiddenSize),
      linear("mlp.c_fc", ["intermediate.dense"], hiddenSize, intermediateSize),
      linear("mlp.c_proj", ["output.dense"], intermediateSize, hiddenSize),
    ];
  }).flat();
  if (head.kind === "languageModel") return layers;
  const outFeatures = labelCountOf(head);
  return [...layers, { name: SCORE, inFeatures: hiddenSize, outFeatures, bias: false, head: true }];
}

/** Every parameter, named as in `GPT2ForSequenceClassification` or `GPT2LMHeadModel`. */
export function gpt2Parameters(config: Gpt2Config, head: HeadSpec): readonly ParameterDeclaration[] {
  const { vocabSize, hiddenSize, maxPositions, layers, initializerRange } = config;
  const modules = gpt2LinearModules(config, head).flatMap((module): readonly ParameterDeclaration[] => {
    const { name, inFeatures, outFeatures } = module;
    const shape = [outFeatures, inFeatures];
    if (module.head) {
      const initializer = { kind: "normal", deviation: initializerRange } as const;
      return [{ name: `${name}.weight`, shape, role: "head", initializer }];
    }
    return [
      { ...requiredParameter(`${name}.weight`, shape), storedTransposed: true },
      requiredParameter(`${name}.bias`, [outFeatures]),
    ];
  });
  const norms = Array.from({ length: layers }, (_, index) => [
    ...normParameters(`${LAYERS}.${index}.ln_1`, hiddenSize),
    ...normParameters(`${LAYERS}.${index}.ln_2`, hiddenSize),
  ]).flat();
  return [
    requiredParameter(`${WORDS}.weight`, [vocabSize, hiddenSize]),
    requiredParameter(`${POSITIONS}.weight`, [maxPositions, hiddenSize]),
    ...norms,
    ...normParameters(FINAL_NORM, hiddenSize),
    ...modules,
  ];
}
