import type { MethodStage, ModelShape } from "@peftbench/peft";
import { buildEvaluationGraph, buildTrainingGraph, buildUpdateGraph } from "@peftbench/peft";
import type { AdamWOptions, Graph } from "@peftbench/runtime";
import { applySavePolicy, storeFrozenWeightsAsHalf } from "@peftbench/runtime";
import type { TrainingConfig } from "../config.ts";

/** The options of AdamW out of a configuration that has them. */
export function adamWOptions(training: AdamWOptions): AdamWOptions {
  const { beta1, beta2, epsilon, weightDecay, maxGradientNorm } = training;
  return { beta1, beta2, epsilon, weightDecay, maxGradientNorm };
}

/** What the training and update graphs of a configuration share. */
export function optimizerSettings(training: TrainingConfig) {
  return {
    optimizer: adamWOptions(training),
    decayBiasesAndNorms: false,
    headLearningRateScale: (training.headLearningRate ?? training.learningRate) / training.learningRate,
  } as const;
}

/** The training graph of one bucket under the configuration's save policy. */
export function trainingGraph(
  model: ModelShape,
  stage: MethodStage,
  training: TrainingConfig,
  length: number,
): Graph {
  const accumulates = training.accumulationSteps > 1;
  const graph = buildTrainingGraph(model, stage, {
    ...optimizerSettings(training),
    batch: { rows: training.batchSize / training.accumulationSteps, length },
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
  batch: { readonly rows: number; readonly length: number },
): Graph {
  return storeWeights(buildEvaluationGraph(model, stage, batch, training.attention), training);
}

function storeWeights(graph: Graph, { frozenWeights }: TrainingConfig): Graph {
  return frozenWeights === "f16" ? storeFrozenWeightsAsHalf(graph) : graph;
}

/** The graph of the update after the last micro-batch. */
export function updateGraph(model: ModelShape, stage: MethodStage, training: TrainingConfig): Graph {
  return buildUpdateGraph(model, stage, optimizerSettings(training));
}
