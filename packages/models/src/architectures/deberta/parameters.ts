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
import type { DebertaConfig } from "./config.ts";

export const LAYERS = "deberta.encoder.layer";
export const RELATIVE_EMBEDDINGS = "deberta.encoder.rel_embeddings.weight";
export const RELATIVE_NORM = "deberta.encoder.LayerNorm";
export const POOLER = "pooler.dense";
export const CLASSIFIER = "classifier";

/** Every linear layer of the model in the order of the forward pass. */
export function debertaLinearModules(config: DebertaConfig, head: HeadSpec): readonly LinearModule[] {
  const { hiddenSize } = config;
  return [
    ...encoderModules(config, LAYERS, ["query_proj", "key_proj", "value_proj"]).map((module) =>
      module.name.endsWith("_proj")
        ? { ...module, aliases: [module.name.slice(0, -"_proj".length)] }
        : module,
    ),
    // Pretraining has no pooler: it is new with the task, and the head's.
    linearModule(POOLER, hiddenSize, hiddenSize, true),
    linearModule(CLASSIFIER, hiddenSize, labelCountOf(head), true),
  ];
}

/** Every parameter, named as in `DebertaV2ForSequenceClassification`. */
export function debertaParameters(config: DebertaConfig, head: HeadSpec): readonly ParameterDeclaration[] {
  const { hiddenSize } = config;
  return [
    requiredParameter("deberta.embeddings.word_embeddings.weight", [config.vocabSize, hiddenSize]),
    ...normParameters("deberta.embeddings.LayerNorm", hiddenSize),
    requiredParameter(RELATIVE_EMBEDDINGS, [2 * config.positionBuckets, hiddenSize]),
    ...normParameters(RELATIVE_NORM, hiddenSize),
    ...encoderNorms(config, LAYERS),
    ...linearParameters(config, debertaLinearModules(config, head)),
  ];
}
