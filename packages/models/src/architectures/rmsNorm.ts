import type { Tensor } from "@peftbench/runtime";
import type { ModelContext } from "./architecture.ts";

/** Root mean square normalization (Zhang and Sennrich 2019) of the last axis, with the weight of `name`. */
export function rmsNorm(
  context: Pick<ModelContext, "parameter">,
  epsilon: number,
  name: string,
  x: Tensor,
): Tensor {
  const scale = x.square().mean([-1], true).add(epsilon).sqrt().reciprocal();
  return x.mul(scale).mul(context.parameter(`${name}.weight`));
}
