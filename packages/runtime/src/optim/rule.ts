import type { GraphBuilder } from "../graph/builder.ts";
import type { Tensor } from "../graph/tensor.ts";

/** Names of the inputs that change from step to step. */
export const OPTIMIZER_INPUTS = {
  learningRate: "learningRate",
  biasCorrection1: "biasCorrection1",
  biasCorrection2: "biasCorrection2",
} as const;

/** Names of the optimizer's results that are read back. */
export const OPTIMIZER_OUTPUTS = { gradientNorm: "gradientNorm", stepTaken: "stepTaken" } as const;

/** What an optimizer's rule has for one parameter. */
export interface RuleInputs {
  readonly tensor: Tensor;
  /** Transformed and masked, not yet clipped. */
  readonly gradient: Tensor;
  /** Scalar: the schedule's, times the parameter's own factor. */
  readonly learningRate: Tensor;
  /** Scalar that clips the gradient. */
  readonly scale: Tensor;
  /** Scalar or one for each place of the last axis: where it is 0 nothing changes. */
  readonly flags: Tensor;
  readonly weightDecay: number;
}

/** The parameter's value after the step; what else the optimizer keeps it updates itself. */
export type OptimizerRule = (graph: GraphBuilder, inputs: RuleInputs) => Tensor;
