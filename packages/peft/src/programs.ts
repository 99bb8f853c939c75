import type { AttentionKind, BatchShape, HeadSpec } from "@peftbench/models";
import type {
  AdjustUpdates,
  Graph,
  OptimizerOptions,
  ParameterUpdate,
  Tensor,
  TrainableParameter,
} from "@peftbench/runtime";
import {
  addAccumulatedUpdate,
  addGradientAccumulation,
  addOptimizerStep,
  GraphBuilder,
} from "@peftbench/runtime";
import { MethodError } from "./errors.ts";
import type { MethodStage, StageContext } from "./method.ts";
import type { ModelShape } from "./modelGraph.ts";
import { buildModelGraph, stageParameter } from "./modelGraph.ts";
import { trainableTensors } from "./trainable.ts";
import type { UpdateRules } from "./updateRules.ts";
import { applyUpdateRules } from "./updateRules.ts";

/** Inputs of a training graph beside the model's own and the optimizer's. */
export const TRAINING_INPUTS = {
  /** i32 [rows] in classification, f32 [rows] in regression, i32 [rows * length] of a language model. */
  labels: "labels",
  /**
   * f32, of the labels' shape: weight of each in the loss, summing to 1 over a batch. In classification 0 for padding
   * rows, 1/(rows of the whole batch) for real ones; of a language model 0 for what is not to be learned.
   */
  rowWeight: "rowWeight",
  /** u32 scalar, only there where the graph has dropout. */
  noiseKey: "noiseKey",
} as const;

export const TRAINING_OUTPUTS = { loss: "loss" } as const;
export const EVALUATION_OUTPUTS = { logits: "logits" } as const;
export const SCORING_OUTPUTS = { tokenLosses: "tokenLosses" } as const;

/** `step`: one batch, one update. `accumulate`: a micro-batch that only adds to the gradients. */
export type TrainingGraphKind = "step" | "accumulate";

/** What an update needs to know beside the model and the method. */
export interface UpdateGraphOptions extends UpdateRules {
  readonly optimizer: OptimizerOptions;
}

export interface TrainingGraphOptions extends UpdateGraphOptions {
  readonly batch: BatchShape;
  readonly kind: TrainingGraphKind;
  /** In place of the model's dropout probabilities; null keeps them. */
  readonly dropout: number | null;
  /** How the model computes attention; `materialized` by default. */
  readonly attention?: AttentionKind;
}

/** One training step (or micro-batch) of a model with a stage of a method. Output: `loss`, and the optimizer's. */
export function buildTrainingGraph(
  model: ModelShape,
  stage: MethodStage,
  options: TrainingGraphOptions,
): Graph {
  const graph = new GraphBuilder();
  const dropout = {
    noiseKey: () => graph.input(TRAINING_INPUTS.noiseKey, [], "u32"),
    modelProbability: options.dropout,
  };
  const { logits } = buildModelGraph(graph, model, stage, options.batch, dropout, options.attention);
  const context = stageContext(graph, stage);
  const rowWeight = graph.input(TRAINING_INPUTS.rowWeight, [logits.size(0)], "f32");
  const task = rowLoss(graph, model.head, logits).mul(rowWeight).sum();
  // Rows' weights sum to 1 over a batch, so each of its micro-batches gets its share of the regularizer.
  const loss =
    stage.regularizer === undefined ? task : task.add(stage.regularizer(context).mul(rowWeight.sum()));
  graph.output(TRAINING_OUTPUTS.loss, loss);
  const trainable = graphParameters(graph, model, stage, options);
  if (options.kind === "step") {
    addOptimizerStep(graph, loss, trainable, options.optimizer, adjustUpdates(graph, stage));
  } else {
    addGradientAccumulation(graph, loss, trainable);
  }
  return graph.finish();
}

/** The update after the last `accumulate` graph. */
export function buildUpdateGraph(model: ModelShape, stage: MethodStage, options: UpdateGraphOptions): Graph {
  const graph = new GraphBuilder();
  const trainable = graphParameters(graph, model, stage, options);
  addAccumulatedUpdate(graph, trainable, options.optimizer, adjustUpdates(graph, stage));
  return graph.finish();
}

/** The forward pass without dropout. Output: `logits` [rows, labels], of a language model [rows * length, vocabulary]. */
export function buildEvaluationGraph(
  model: ModelShape,
  stage: MethodStage,
  batch: BatchShape,
  attention?: AttentionKind,
): Graph {
  const graph = new GraphBuilder();
  const { logits } = buildModelGraph(graph, model, stage, batch, null, attention);
  graph.output(EVALUATION_OUTPUTS.logits, logits);
  return graph.finish();
}

/**
 * The forward pass of a language model without dropout. Output: `tokenLosses` [rows * length], the negative
 * log-probability of each label, so that logits of a whole vocabulary never leave the device.
 */
export function buildScoringGraph(
  model: ModelShape,
  stage: MethodStage,
  batch: BatchShape,
  attention?: AttentionKind,
): Graph {
  const graph = new GraphBuilder();
  const { logits } = buildModelGraph(graph, model, stage, batch, null, attention);
  graph.output(SCORING_OUTPUTS.tokenLosses, rowLoss(graph, model.head, logits));
  return graph.finish();
}

/** Loss of each row of the logits: cross-entropy, or the squared error in regression. */
function rowLoss(graph: GraphBuilder, head: HeadSpec, logits: Tensor): Tensor {
  const rows = logits.size(0);
  switch (head.kind) {
    case "classification":
    case "languageModel":
      return logits.crossEntropy(graph.input(TRAINING_INPUTS.labels, [rows], "i32"));
    case "regression":
      return logits
        .reshape([rows])
        .sub(graph.input(TRAINING_INPUTS.labels, [rows], "f32"))
        .square();
  }
}

function graphParameters(
  graph: GraphBuilder,
  model: ModelShape,
  stage: MethodStage,
  rules: UpdateRules,
): readonly TrainableParameter[] {
  const context = stageContext(graph, stage);
  return trainableTensors(model, stage).map((declared) => {
    const { name, shape, role, updateMask, transformGradient } = declared;
    const tensor = graph.parameter(name, shape, { role, trainable: true });
    return {
      ...applyUpdateRules(tensor, declared, rules),
      ...(updateMask === undefined ? {} : { updateMask: updateMask(context) }),
      ...(transformGradient === undefined
        ? {}
        : { transformGradient: (gradient: Tensor) => transformGradient(gradient, context) }),
    };
  });
}

/** The stage's own updates, after the optimizer's. */
function adjustUpdates(graph: GraphBuilder, stage: MethodStage): AdjustUpdates {
  return (updates, stepTaken) => {
    const adjusted = new Map<string, Tensor>();
    const updateOf = (name: string): ParameterUpdate => {
      const update = updates.get(name);
      if (update === undefined) throw new MethodError(`Stage ${stage.name} trains no tensor ${name}.`);
      return update;
    };
    const context = stageContext(graph, stage);
    stage.afterUpdate?.({
      ...context,
      gradient: (name) => updateOf(name).gradient(),
      updated: (name) => updateOf(name).next,
      store: (name, next) => {
        const current = context.parameter(name);
        const kept = stepTaken.select(next, current);
        if (updates.has(name)) adjusted.set(name, kept);
        else graph.updateParameter(current, kept);
      },
    });
    return adjusted;
  };
}

/** What a stage's rules may use of a graph under construction. */
export function stageContext(graph: GraphBuilder, stage: MethodStage): StageContext {
  const known = new Set(stage.stepInputs?.map((input) => input.name));
  return {
    graph,
    parameter: (name) => stageParameter(graph, stage, name),
    stepInput: (name) => {
      if (!known.has(name)) throw new MethodError(`Stage ${stage.name} declares no step input ${name}.`);
      return graph.input(name, [], "f32");
    },
  };
}
