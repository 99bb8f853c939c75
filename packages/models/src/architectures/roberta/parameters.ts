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
import type { RobertaConfig } from "./config.ts";

export const LAYERS = "roberta.encoder.layer";
export const HEAD_DENSE = "classifier.dense";
export const HEAD_OUTPUT = "classifier.out_proj";

/** Every linear layer of the model in the order of the forward pass. */
export function robertaLinearModules(config: RobertaConfig, head: HeadSpec): readonly LinearModule[] {
  const { hiddenSize } = config;
  return [
    ...encoderModules(config, LAYERS, ["query", "key", "value"]),
    linearModule(HEAD_DENSE, hiddenSize, hiddenSize, true),
    linearModule(HEAD_OUTPUT, hiddenSize, labelCountOf(head), true),
  ];
}

/** Every parameter, named as in `RobertaForSequenceClassification`. */
export function robertaParameters(config: RobertaConfig, head: HeadSpec): readonly ParameterDeclaration[] {
  const { hiddenSize } = config;
  return [
    requiredParameter("roberta.embeddings.word_embeddings.weight", [config.vocabSize, hiddenSize]),
    requiredParameter("roberta.embeddings.position_embeddings.weight", [config.maxPositions, hiddenSize]),
    requiredParameter("roberta.embeddings.token_type_embeddings.weight", [config.typeVocabSize, hiddenSize]),
    ...normParameters("roberta.embeddings.LayerNorm", hiddenSize),
    ...encoderNorms(config, LAYERS),
    ...linearParameters(config, robertaLinearModules(config, head)),
  ];
}
