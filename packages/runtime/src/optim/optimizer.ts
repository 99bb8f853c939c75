import { gradients } from "../autodiff/gradients.ts";
import type { GraphBuilder } from "../graph/builder.ts";
import type { Tensor } from "../graph/tensor.ts";
import { gradientNorm } from "../ops/gradientNorm.ts";
import type { AdamWOptions } from "./adamw.ts";
import { adamWRule } from "./adamw.ts";
import type { OptimizerRule } from "./rule.ts";
import { OPTIMIZER_INPUTS, OPTIMIZER_OUTPUTS } from "./rule.ts";
import type { SgdOptions } from "./sgd.ts";
import { sgdRule } from "./sgd.ts";

/** By its `kind`, which AdamW need not name. */
export type OptimizerOptions = AdamWOptions | SgdOptions;

export const optimizerKinds = ["adamw", "sgd"] as const;

export type OptimizerKind = (typeof optimizerKinds)[number];

export interface TrainableParameter {
  readonly tensor: Tensor;
  /** Factor on the learning rate, where a group trains faster than another (LoRA+, a head of its own rate). */
  readonly learningRateScale?: number;
  /** Overrides the options' weight decay (0 for biases and norms, where a recipe says so). */
  readonly weightDecay?: number;
  /**
   * One flag [columns] for each place of the last axis. Where it is 0 the step leaves parameter and moments as they
   * are, and the gradient does not count for the norm.
   */
  readonly updateMask?: Tensor;
  /** What the optimizer takes for the gradient, before clipping: a preconditioner. */
  readonly transformGradient?: (gradient: Tensor) => Tensor;
}

/** What a step does to one parameter, for rules that follow the optimizer's. */
export interface ParameterUpdate {
  readonly current: Tensor;
  /** The gradient as the optimizer used it: transformed, masked and clipped. */
  readonly gradient: () => Tensor;
  /** The value after the optimizer's step. */
  readonly next: Tensor;
}

/** Parameters' values after the step in place of the optimizer's, by name. */
export type AdjustUpdates = (
  updates: ReadonlyMap<string, ParameterUpdate>,
  stepTaken: Tensor,
) => ReadonlyMap<string, Tensor>;

/**
 * Differentiates `loss`, clips the global norm and updates every trainable parameter.
 * Adds the scalar outputs `gradientNorm` (before clipping) and `stepTaken` (0 where a gradient was not finite).
 */
export function addOptimizerStep(
  graph: GraphBuilder,
  loss: Tensor,
  trainable: readonly TrainableParameter[],
  options: OptimizerOptions,
  adjust?: AdjustUpdates,
): void {
  const parameterGradients = gradients(
    loss,
    trainable.map(({ tensor }) => tensor),
  );
  addOptimizerUpdate(graph, trainable, parameterGradients, options, adjust);
}

/**
 * Clips `parameterGradients` (one a trainable parameter, in order) and applies the optimizer; outputs as `addOptimizerStep`.
 * @param adjust called with all updates; what it returns is stored in place of the optimizer's values
 */
export function addOptimizerUpdate(
  graph: GraphBuilder,
  trainable: readonly TrainableParameter[],
  parameterGradients: readonly Tensor[],
  options: OptimizerOptions,
  adjust: AdjustUpdates = () => new Map(),
): void {
  graph.withPhase("optimizer", () => {
    const usedGradients = trainable.map((parameter, index) =>
      usedGradient(graph, parameter, parameterGradients[index] as Tensor),
    );
    const [norm, scale, finite] = graph.apply(gradientNorm, usedGradients, {
      maxNorm: options.maxGradientNorm,
    }) as [Tensor, Tensor, Tensor];
    graph.output(OPTIMIZER_OUTPUTS.gradientNorm, norm);
    graph.output(OPTIMIZER_OUTPUTS.stepTaken, finite);
    const learningRate = graph.input(OPTIMIZER_INPUTS.learningRate, [], "f32");
    const rule: OptimizerRule = options.kind === "sgd" ? sgdRule : adamWRule(options);
    const updates = new Map<string, ParameterUpdate>();
    trainable.forEach(({ tensor, learningRateScale, weightDecay, updateMask }, index) => {
      const gradient = usedGradients[index] as Tensor;
      const next = rule(graph, {
        tensor,
        gradient,
        learningRate: learningRateScale === undefined ? learningRate : learningRate.mul(learningRateScale),
        scale,
        flags: updateMask === undefined ? finite : updateMask.mul(finite),
        weightDecay: weightDecay ?? options.weightDecay,
      });
      updates.set(tensor.name, { current: tensor, gradient: () => gradient.mul(scale), next });
    });
    const adjusted = adjust(updates, finite);
    for (const [name, { current, next }] of updates)
      graph.updateParameter(current, adjusted.get(name) ?? next);
  });
}

function usedGradient(
  graph: GraphBuilder,
  { tensor, updateMask, transformGradient }: TrainableParameter,
  gradient: Tensor,
): Tensor {
  const transformed = transformGradient?.(gradient) ?? gradient;
  const used = updateMask === undefined ? transformed : transformed.mul(updateMask);
  if (used !== gradient) graph.markGradient(used, tensor.name);
  return used;
}
