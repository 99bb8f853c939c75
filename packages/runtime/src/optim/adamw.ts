import type { Tensor } from "../graph/tensor.ts";
import { adamw } from "../ops/adamw.ts";
import type { OptimizerRule } from "./rule.ts";
import { OPTIMIZER_INPUTS } from "./rule.ts";

export interface AdamWOptions {
  readonly kind?: "adamw";
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Global L2 norm that gradients are clipped to; null for none. */
  readonly maxGradientNorm: number | null;
}

/** Names of the two moments of a parameter in the parameter store. */
export function momentNames(parameterName: string): { readonly first: string; readonly second: string } {
  return { first: `${parameterName}::firstMoment`, second: `${parameterName}::secondMoment` };
}

/** Decoupled weight decay, and two moments of each parameter (Loshchilov and Hutter 2019). */
export function adamWRule({ beta1, beta2, epsilon }: AdamWOptions): OptimizerRule {
  return (graph, { tensor, gradient, learningRate, scale, flags, weightDecay }) => {
    const names = momentNames(tensor.name);
    const correction1 = graph.input(OPTIMIZER_INPUTS.biasCorrection1, [], "f32");
    const correction2 = graph.input(OPTIMIZER_INPUTS.biasCorrection2, [], "f32");
    const first = graph.parameter(names.first, tensor.shape, { role: "optimizerState", trainable: true });
    const second = graph.parameter(names.second, tensor.shape, { role: "optimizerState", trainable: true });
    const [next, nextFirst, nextSecond] = graph.apply(
      adamw,
      [tensor, gradient, first, second, learningRate, correction1, correction2, scale, flags],
      { beta1, beta2, epsilon, weightDecay },
    ) as [Tensor, Tensor, Tensor];
    graph.updateParameter(first, nextFirst);
    graph.updateParameter(second, nextSecond);
    return next;
  };
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
