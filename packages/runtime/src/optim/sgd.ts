import type { OptimizerRule } from "./rule.ts";

/** Plain stochastic gradient descent, which keeps nothing from step to step. */
export interface SgdOptions {
  readonly kind: "sgd";
  readonly weightDecay: number;
  /** Global L2 norm that gradients are clipped to; null for none. */
  readonly maxGradientNorm: number | null;
}

/** As `torch.optim.SGD` without momentum: decay is part of the gradient, after clipping. */
export const sgdRule: OptimizerRule = (
  _graph,
  { tensor, gradient, learningRate, scale, flags, weightDecay },
) => {
  const clipped = gradient.mul(scale);
  const direction = weightDecay === 0 ? clipped : clipped.add(tensor.mul(weightDecay));
  const next = tensor.sub(direction.mul(learningRate));
  // Not a product with the flags: what is not finite would stay so.
  return flags.select(next, tensor);
};
