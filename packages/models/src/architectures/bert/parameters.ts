import type { HeadSpec, LinearModule, ParameterDeclaration } from "../architecture.ts";
import {
  encoderModules,
  encoderNorms,
  labelCountOf,
  linearModule,
  linearParameters,
  normParameters,
  requiredParameter,
} from "../encoderDeclarations.ts";
import type { BertConfig } from "./config.ts";

export const LAYERS = "bert.encoder.layer";
export const POOLER = "bert.pooler.dense";
export const CLASSIFIER = "classifier";

/** Every linear layer of the model in the order of the forward pass. */
export function bertLinearModules(config: BertConfig, head: HeadSpec): readonly LinearModule[] {
  const { hiddenSize } = config;
  return [
    ...encoderModules(config, LAYERS, ["query", "key", "value"]),
    linearModule(POOLER, hiddenSize, hiddenSize, false),
    linearModule(CLASSIFIER, hiddenSize, labelCountOf(head), true),
  ];
}

/** Every parameter, named as in `BertForSequenceClassification`. */
export function bertParameters(config: BertConfig, head: HeadSpec): readonly ParameterDeclaration[] {
  const { hiddenSize } = config;
  return [
    requiredParameter("bert.embeddings.word_embeddings.weight", [config.vocabSize, hiddenSize]),
    requiredParameter("bert.embeddings.position_embeddings.weight", [config.maxPositions, hiddenSize]),
    requiredParameter("bert.embeddings.token_type_embeddings.weight", [config.typeVocabSize, hiddenSize]),
    ...normParameters("bert.embeddings.LayerNorm", hiddenSize),
    ...encoderNorms(config, LAYERS),
    // Sentence encoders drop the pooler, so a checkpoint may lack it.
    ...linearParameters(config, bertLinearModules(config, head), [POOLER]),
  ];
}
