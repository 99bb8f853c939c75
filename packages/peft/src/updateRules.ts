import type { Tensor, TrainableParameter } from "@peftbench/runtime";
import type { TrainableTensor } from "./trainable.ts";

/** How the optimizer treats the groups of parameters that recipes tell apart. */
export interface UpdateRules {
  /** Whether weight decay also acts on biases and normalization parameters. `transformers`' Trainer leaves them out. */
  readonly decayBiasesAndNorms: boolean;
  /** Factor on the learning rate of the head. */
  readonly headLearningRateScale: number;
}

/** Names that the Trainer of `transformers` leaves out of weight decay, as its `get_decay_parameter_names` has them. */
const UNDECAYED_NAMES = [/bias/, /layernorm/i, /rmsnorm/i, /(?:^|\.)norm(?:$|\.)/, /_norm(?:$|\.)/];

/** A trainable tensor of a graph with what the rules say of its update. */
export function applyUpdateRules(
  tensor: Tensor,
  { name, role, learningRateScale, weightDecay }: TrainableTensor,
  rules: UpdateRules,
): TrainableParameter {
  const scale = (learningRateScale ?? 1) * (role === "head" ? rules.headLearningRateScale : 1);
  // An adapter's tensors decay unless the method itself says otherwise, whatever the name of the module they belong to.
  const undecayed =
    !rules.decayBiasesAndNorms &&
    role !== "adapterWeight" &&
    UNDECAYED_NAMES.some((pattern) => pattern.test(name));
  const decay = weightDecay ?? (undecayed ? 0 : null);
  return {
    tensor,
    ...(scale === 1 ? {} : { learningRateScale: scale }),
    ...(decay === null ? {} : { weightDecay: decay }),
  };
}
