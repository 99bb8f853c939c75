import type { HeadSpec, LinearModule, ParameterDeclaration } from "../architecture.ts";
import type { BertConfig } from "./config.ts";

/** Linear layers of encoder layer `index`. */
function layerModules(config: BertConfig, index: number): readonly LinearModule[] {
  const { hiddenSize, intermediateSize } = config;
  const linear = (path: string, inFeatures: number, outFeatures: number): LinearModule => ({
    name: `${layerName(index)}.${path}`,
    inFeatures,
    outFeatures,
    bias: true,
    head: false,
  });
  return [
    linear("attention.self.query", hiddenSize, hiddenSize),
    linear("attention.self.key", hiddenSize, hiddenSize),
    linear("attention.self.value", hiddenSize, hiddenSize),
    linear("attention.output.dense", hiddenSize, hiddenSize),
    linear("intermediate.dense", hiddenSize, intermediateSize),
    linear("output.dense", intermediateSize, hiddenSize),
  ];
}

export function layerName(index: number): string {
  return `bert.encoder.layer.${index}`;
}

export const POOLER = "bert.pooler.dense";
export const CLASSIFIER = "classifier";

/** Every linear layer of the model in the order of the forward pass. */
export function bertLinearModules(config: BertConfig, head: HeadSpec): readonly LinearModule[] {
  const { hiddenSize } = config;
  const layers = Array.from({ length: config.layers }, (_, index) => layerModules(config, index)).flat();
  const pooler = { name: POOLER, inFeatures: hiddenSize, outFeatures: hiddenSize, bias: true, head: false };
  const labelCount = head.kind === "classification" ? head.labelCount : 1;
  const classifier = {
    name: CLASSIFIER,
    inFeatures: hiddenSize,
    outFeatures: labelCount,
    bias: true,
    head: true,
  };
  return [...layers, pooler, classifier];
}

/** Every parameter, named as in `BertForSequenceClassification`. */
export function bertParameters(config: BertConfig, head: HeadSpec): readonly ParameterDeclaration[] {
  const { hiddenSize } = config;
  const required = (name: string, shape: readonly number[]): ParameterDeclaration => ({
    name,
    shape,
    role: "base",
    initializer: null,
  });
  const norm = (name: string): readonly ParameterDeclaration[] => [
    required(`${name}.weight`, [hiddenSize]),
    required(`${name}.bias`, [hiddenSize]),
  ];
  const embeddings = [
    required("bert.embeddings.word_embeddings.weight", [config.vocabSize, hiddenSize]),
    required("bert.embeddings.position_embeddings.weight", [config.maxPositions, hiddenSize]),
    required("bert.embeddings.token_type_embeddings.weight", [config.typeVocabSize, hiddenSize]),
    ...norm("bert.embeddings.LayerNorm"),
  ];
  const norms = Array.from({ length: config.layers }, (_, index) => [
    ...norm(`${layerName(index)}.attention.output.LayerNorm`),
    ...norm(`${layerName(index)}.output.LayerNorm`),
  ]).flat();
  const linears = bertLinearModules(config, head).flatMap((module): readonly ParameterDeclaration[] => {
    // Sentence encoders drop the pooler and no pretrained encoder has the classifier: both may be made anew.
    const fresh = module.name === POOLER || module.head;
    const role = module.head ? "head" : "base";
    return [
      {
        name: `${module.name}.weight`,
        shape: [module.outFeatures, module.inFeatures],
        role,
        initializer: fresh ? { kind: "normal", deviation: config.initializerRange } : null,
      },
      {
        name: `${module.name}.bias`,
        shape: [module.outFeatures],
        role,
        initializer: fresh ? { kind: "constant", value: 0 } : null,
      },
    ];
  });
  return [...embeddings, ...norms, ...linears];
}
