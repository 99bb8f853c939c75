import type { HostTensor, TensorSpec } from "../graph/spec.ts";
import type { AdamWAttributes } from "./adamw.ts";
import { adamw } from "./adamw.ts";
import { expectInput } from "./infer.ts";
import { defineOp } from "./op.ts";
import { adamwKernel } from "./wgsl/adamw.ts";

export interface AdamWGroupAttributes extends AdamWAttributes {
  readonly tensorCount: number;
}

/** Learning rate, both bias corrections, factor on the gradient and flags, as in `adamw`. */
const SHARED = 5;
/** Parameter, gradient and both moments. */
const INPUTS_EACH = 4;
const OUTPUTS_EACH = 3;

/**
 * AdamW updates that share their scalars and flags, as one node. Inputs: what `adamw` takes after its tensors; then
 * parameter, gradient, first and second moment of each tensor. Results: new parameter and moments of each. `groupAdamW`
 * makes it, on graphs whose large tensors are split.
 */
export const adamwGroup = defineOp<AdamWGroupAttributes>({
  name: "adamwGroup",
  cheap: false,
  inPlace: (_attributes, output) => {
    const at = SHARED + Math.floor(output / OUTPUTS_EACH) * INPUTS_EACH;
    return at + ([0, 2, 3][output % OUTPUTS_EACH] as number);
  },
  infer: (inputs, attributes) => {
    expectInput("adamwGroup", inputs, 0, { dtype: "f32", rank: 0 });
    return eachTensor(attributes.tensorCount).flatMap((tensor) =>
      adamw.infer(inputsOf(inputs, tensor), attributes),
    );
  },
  webgpu: (context) =>
    adamwKernel(
      context,
      [0, 1, 2, 3, 4],
      eachTensor(context.attributes.tensorCount).map((tensor) => {
        const [from, to] = [SHARED + tensor * INPUTS_EACH, tensor * OUTPUTS_EACH];
        return {
          parameter: from,
          gradient: from + 1,
          first: from + 2,
          second: from + 3,
          newParameter: to,
          newFirst: to + 1,
          newSecond: to + 2,
        };
      }),
    ),
  host: ({ inputs, outputs, attributes }) => {
    for (const tensor of eachTensor(attributes.tensorCount)) {
      const own: readonly HostTensor[] = outputs.slice(tensor * OUTPUTS_EACH, (tensor + 1) * OUTPUTS_EACH);
      adamw.host?.({ inputs: inputsOf(inputs, tensor), outputs: own, attributes });
    }
  },
});

function eachTensor(tensorCount: number): readonly number[] {
  return Array.from({ length: tensorCount }, (_, tensor) => tensor);
}

/** The inputs of one tensor's update, in the order of `adamw`. */
function inputsOf<Operand extends TensorSpec>(
  inputs: readonly Operand[],
  tensor: number,
): readonly Operand[] {
  const at = SHARED + tensor * INPUTS_EACH;
  return [...inputs.slice(at, at + INPUTS_EACH), ...inputs.slice(0, SHARED)];
}
