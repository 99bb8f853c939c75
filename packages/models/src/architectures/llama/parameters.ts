import type { HeadSpec, LinearModule, ParameterDeclaration } from "../architecture.ts";
import { OUTPUT_EMBEDDINGS, SCORE } from "../decoderHead.ts";
import { labelCountOf, requiredParameter } from "../encoderDeclarations.ts";
import type { LlamaConfig } from "./config.ts";

export const EMBEDDINGS = "model.embed_tokens";
export const LAYERS = "model.layers";
export const FINAL_NORM = "model.norm";

/** Every linear layer of the model in the order of the forward pass. */
export function llamaLinearModules(config: LlamaConfig, head: HeadSpec): readonly LinearModule[] {
  const { hiddenSize, intermediateSize, heads, keyValueHeads, headSize, attentionBias, mlpBias } = config;
  const layers = Array.from({ length: config.layers }, (_, index) => {
    const linear =
      (bias: boolean) =>
      (path: string, alias: string, inFeatures: number, outFeatures: number): LinearModule => {
        const layer = `${LAYERS}.${index}`;
        return {
          name: `${layer}.${path}`,
          aliases: [`${layer}.${alias}`],
          inFeatures,
          outFeatures,
          bias,
          head: false,
        };
      };
    const [attention, mlp] = [linear(attentionBias), linear(mlpBias)];
    const [wide, narrow] = [heads * headSize, keyValueHeads * headSize];
    return [
      attention("self_attn.q_proj", "attention.self.query", hiddenSize, wide),
      attention("self_attn.k_proj", "attention.self.key", hiddenSize, narrow),
      attention("self_attn.v_proj", "attention.self.value", hiddenSize, narrow),
      attention("self_attn.o_proj", "attention.output.dense", wide, hiddenSize),
      mlp("mlp.gate_proj", "gate.intermediate.dense", hiddenSize, intermediateSize),
      mlp("mlp.up_proj", "up.intermediate.dense", hiddenSize, intermediateSize),
      mlp("mlp.down_proj", "output.dense", intermediateSize, hiddenSize),
    ];
  }).flat();
  // Adapters leave a language model's output embeddings alone, as PEFT's do.
  if (head.kind === "languageModel") return layers;
  const outFeatures = labelCountOf(head);
  return [...layers, { name: SCORE, inFeatures: hiddenSize, outFeatures, bias: false, head: true }];
}

/** Every parameter, named as in `LlamaForSequenceClassification` or `LlamaForCausalLM`. */
export function llamaParameters(config: LlamaConfig, head: HeadSpec): readonly ParameterDeclaration[] {
  const { vocabSize, hiddenSize, layers, initializerRange, tiedEmbeddings } = config;
  const modules = llamaLinearModules(config, head).flatMap((module): readonly ParameterDeclaration[] => {
    const { name, inFeatures, outFeatures } = module;
    const weight: ParameterDeclaration = {
      name: `${name}.weight`,
      shape: [outFeatures, inFeatures],
      role: module.head ? "head" : "base",
      initializer: module.head ? { kind: "normal", deviation: initializerRange } : null,
    };
    return module.bias ? [weight, requiredParameter(`${name}.bias`, [outFeatures])] : [weight];
  });
  const norms = Array.from({ length: layers }, (_, index) => [
    requiredParameter(`${LAYERS}.${index}.input_layernorm.weight`, [hiddenSize]),
    requiredParameter(`${LAYERS}.${index}.post_attention_layernorm.weight`, [hiddenSize]),
  ]).flat();
  return [
    requiredParameter(`${EMBEDDINGS}.weight`, [vocabSize, hiddenSize]),
    ...norms,
    requiredParameter(`${FINAL_NORM}.weight`, [hiddenSize]),
    ...modules,
    ...(head.kind === "languageModel" && !tiedEmbeddings
      ? [requiredParameter(`${OUTPUT_EMBEDDINGS}.weight`, [vocabSize, hiddenSize])]
      : []),
  ];
}
