import { gradients } from "../autodiff/gradients.ts";
import type { GraphBuilder } from "../graph/builder.ts";
import type { Tensor } from "../graph/tensor.ts";
import { adamw } from "../ops/adamw.ts";
import { gradientNorm } from "../ops/gradientNorm.ts";

export interface AdamWOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Global L2 norm that gradients are clipped to; null for none. */
  readonly maxGradientNorm: number | null;
}

/** Names of the inputs that change from step to step. */
export const OPTIMIZER_INPUTS = {
  learningRate: "learningRate",
  biasCorrection1: "biasCorrection1",
  biasCorrection2: "biasCorrection2",
} as const;

/** Names of the optimizer's results that are read back. */
export const OPTIMIZER_OUTPUTS = { gradientNorm: "gradientNorm", stepTaken: "stepTaken" } as const;

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

/** Names of the two moments of a parameter in the parameter store. */
export function momentNames(parameterName: string): { readonly first: string; readonly second: string } {
  return { first: `${parameterName}::firstMoment`, second: `${parameterName}::secondMoment` };
}

/**
 * Differentiates `loss`, clips the global norm and updates every trainable parameter with AdamW.
 * Adds the scalar outputs `gradientNorm` (before clipping) and `stepTaken` (0 where a gradient was not finite).
 */
export function addAdamWStep(
  graph: GraphBuilder,
  loss: Tensor,
  trainable: readonly TrainableParameter[],
  options: AdamWOptions,
  adjust?: AdjustUpdates,
): void {
  const parameterGradients = gradients(
    loss,
    trainable.map(({ tensor }) => tensor),
  );
  addAdamWUpdate(graph, trainable, parameterGradients, options, adjust);
}

/**
 * Clips `parameterGradients` (one a trainable parameter, in order) and applies AdamW; outputs as `addAdamWStep`.
 * @param adjust called with all updates; what it returns is stored in place of the optimizer's values
 */
export function addAdamWUpdate(
  graph: GraphBuilder,
  trainable: readonly TrainableParameter[],
  parameterGradients: readonly Tensor[],
  options: AdamWOptions,
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
    const correction1 = graph.input(OPTIMIZER_INPUTS.biasCorrection1, [], "f32");
    const correction2 = graph.input(OPTIMIZER_INPUTS.biasCorrection2, [], "f32");
    const updates = new Map<string, ParameterUpdate>();
    trainable.forEach(({ tensor, learningRateScale, weightDecay, updateMask }, index) => {
      const names = momentNames(tensor.name);
      const first = graph.parameter(names.first, tensor.shape, { role: "optimizerState", trainable: true });
      const second = graph.parameter(names.second, tensor.shape, { role: "optimizerState", trainable: true });
      const rate = learningRateScale === undefined ? learningRate : learningRate.mul(learningRateScale);
      const flags = updateMask === undefined ? finite : updateMask.mul(finite);
      const gradient = usedGradients[index] as Tensor;
      const [next, nextFirst, nextSecond] = graph.apply(
        adamw,
        [tensor, gradient, first, second, rate, correction1, correction2, scale, flags],
        {
          beta1: options.beta1,
          beta2: options.beta2,
          epsilon: options.epsilon,
          weightDecay: weightDecay ?? options.weightDecay,
        },
      ) as [Tensor, Tensor, Tensor];
      graph.updateParameter(first, nextFirst);
      graph.updateParameter(second, nextSecond);
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

/** Values of the optimizer's inputs at update `step`, counted from 0. */
export function adamWInputs(
  step: number,
  learningRate: number,
  options: Pick<AdamWOptions, "beta1" | "beta2">,
): Readonly<Record<string, Float32Array>> {
  return {
    [OPTIMIZER_INPUTS.learningRate]: Float32Array.of(learningRate),
    [OPTIMIZER_INPUTS.biasCorrection1]: Float32Array.of(1 - options.beta1 ** (step + 1)),
    [OPTIMIZER_INPUTS.biasCorrection2]: Float32Array.of(1 - options.beta2 ** (step + 1)),
  };
}
