import type { BatchShape } from "@peftbench/models";
import type { MethodStage, ModelShape } from "@peftbench/peft";
import {
  buildEvaluationGraph,
  buildScoringGraph,
  buildTrainingGraph,
  buildUpdateGraph,
} from "@peftbench/peft";
import type { AdamWOptions, Graph, OptimizerOptions } from "@peftbench/runtime";
import { applySavePolicy, storeFrozenWeightsAsHalf } from "@peftbench/runtime";
import type { TrainingConfig } from "../config.ts";

/** The options of AdamW out of a configuration that has them. */
export function adamWOptions(training: AdamWOptions): AdamWOptions {
  const { beta1, beta2, epsilon, weightDecay, maxGradientNorm } = training;
  return { beta1, beta2, epsilon, weightDecay, maxGradientNorm };
}

function optimizerOptions(training: TrainingConfig): OptimizerOptions {
  const { optimizer: kind, weightDecay, maxGradientNorm } = training;
  return kind === "sgd" ? { kind, weightDecay, maxGradientNorm } : adamWOptions(training);
}

/** What the training and update graphs of a configuration share. */
export function optimizerSettings(training: TrainingConfig) {
  return {
    optimizer: optimizerOptions(training),
    decayBiasesAndNorms: false,
    headLearningRateScale: (training.headLearningRate ?? training.learningRate) / training.learningRate,
  } as const;
}

/** Lengths of a batch, in tokens; the target's of an encoder-decoder, where it is not the same. */
export type BatchLengths = Pick<BatchShape, "length" | "targetLength">;

/** The training graph of batches of these lengths under the configuration's save policy. */
export function trainingGraph(
  model: ModelShape,
  stage: MethodStage,
  training: TrainingConfig,
  { length, targetLength = length }: BatchLengths,
): Graph {
  const accumulates = training.accumulationSteps > 1;
  const graph = buildTrainingGraph(model, stage, {
    ...optimizerSettings(training),
    batch: { rows: training.batchSize / training.accumulationSteps, length, targetLength },
    kind: accumulates ? "accumulate" : "step",
    dropout: training.dropout,
    attention: training.attention,
  });
  return storeWeights(applySavePolicy(graph, training.savePolicy), training);
}

/** The graph of an evaluation batch. */
export function evaluationGraph(
  model: ModelShape,
  stage: MethodStage,
  training: TrainingConfig,
  { rows, length, targetLength = length }: BatchShape,
): Graph {
  const batch = { rows, length, targetLength };
  return storeWeights(buildEvaluationGraph(model, stage, batch, training.attention), training);
}

/** The graph that scores the tokens of a batch, of a language model. */
export function scoringGraph(
  model: ModelShape,
  stage: MethodStage,
  training: TrainingConfig,
  { rows, length, targetLength = length }: BatchShape,
): Graph {
  const batch = { rows, length, targetLength };
  return storeWeights(buildScoringGraph(model, stage, batch, training.attention), training);
}

function storeWeights(graph: Graph, { frozenWeights }: TrainingConfig): Graph {
  return frozenWeights === "f16" ? storeFrozenWeightsAsHalf(graph) : graph;
}

/** The graph of the update after the last micro-batch. */
export function updateGraph(model: ModelShape, stage: MethodStage, training: TrainingConfig): Graph {
  return buildUpdateGraph(model, stage, optimizerSettings(training));
}
