import { ShapeError } from "../errors.ts";
import type { HostTensor } from "../graph/spec.ts";
import { formatSpec, sameShape } from "../graph/spec.ts";
import { expectInput } from "./infer.ts";
import { defineOp } from "./op.ts";
import { adamwKernel } from "./wgsl/adamw.ts";
import { elementSpace } from "./windows.ts";

export interface AdamWAttributes {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled weight decay (Loshchilov and Hutter 2019): the parameter shrinks by `learningRate * weightDecay`. */
  readonly weightDecay: number;
}

/**
 * One AdamW update in PyTorch's order. Inputs: parameter, gradient, first moment, second moment, then scalars:
 * learning rate, 1 - beta1^t, 1 - beta2^t, factor on the gradient; then a flag, one for all or one for each place of the
 * last axis, whose 0 leaves parameter and moments as they are: neither gradient nor decay moves what is frozen.
 * Results: the new parameter and moments.
 */
export const adamw = defineOp<AdamWAttributes>({
  name: "adamw",
  cheap: false,
  inPlace: [0, 2, 3],
  infer: (inputs) => {
    const parameter = expectInput("adamw", inputs, 0, { dtype: "f32" });
    for (const index of [1, 2, 3]) {
      const spec = expectInput("adamw", inputs, index, { dtype: "f32" });
      if (!sameShape(spec.shape, parameter.shape)) {
        throw new ShapeError(
          "adamw",
          `input ${index} is ${formatSpec(spec)}, the parameter ${formatSpec(parameter)}.`,
        );
      }
    }
    for (const index of [4, 5, 6, 7]) expectInput("adamw", inputs, index, { dtype: "f32", rank: 0 });
    const flags = expectInput("adamw", inputs, 8, { dtype: "f32" });
    if (flags.shape.length > 0 && !sameShape(flags.shape, parameter.shape.slice(-1))) {
      throw new ShapeError(
        "adamw",
        `the flags are ${formatSpec(flags)}; a scalar or one for each place of the last axis of ${formatSpec(parameter)} is needed.`,
      );
    }
    const { shape, dtype } = parameter;
    return [
      { shape, dtype },
      { shape, dtype },
      { shape, dtype },
    ];
  },
  windows: { kind: "space", space: elementSpace },
  webgpu: (context) =>
    adamwKernel(
      context,
      [4, 5, 6, 7, 8],
      [{ parameter: 0, gradient: 1, first: 2, second: 3, newParameter: 0, newFirst: 1, newSecond: 2 }],
    ),
  host: ({ inputs, outputs, attributes: { beta1, beta2, epsilon, weightDecay } }) => {
    const [parameter, gradient, first, second] = arraysOf(inputs);
    const [newParameter, newFirst, newSecond] = arraysOf(outputs);
    if (!parameter || !gradient || !first || !second || !newParameter || !newFirst || !newSecond) return;
    const [rate = 0, correction1 = 1, correction2 = 1, scale = 1] = inputs
      .slice(4, 8)
      .map((input) => input.data[0] as number);
    const flags = inputs[8]?.data as Float32Array;
    // Nothing to do in place, which most calls are.
    if (newParameter !== parameter && flags.includes(0)) {
      newParameter.set(parameter);
      newFirst.set(first);
      newSecond.set(second);
    }
    if (flags.every((flag) => flag === 0)) return;
    const isPartial = flags.includes(0);
    const decay = 1 - rate * weightDecay;
    const stepSize = rate / correction1;
    const rootCorrection = Math.sqrt(correction2);
    for (let index = 0; index < parameter.length; index++) {
      if (isPartial && flags[index % flags.length] === 0) continue;
      const g = (gradient[index] as number) * scale;
      if (g === 0 && first[index] === 0 && second[index] === 0) {
        // Never reached by a gradient, as most rows of an embedding: both moments are 0 and only decay is left.
        newFirst[index] = 0;
        newSecond[index] = 0;
        newParameter[index] = (parameter[index] as number) * decay;
        continue;
      }
      const m = (first[index] as number) * beta1 + g * (1 - beta1);
      const v = (second[index] as number) * beta2 + g * g * (1 - beta2);
      newFirst[index] = m;
      newSecond[index] = v;
      newParameter[index] =
        (parameter[index] as number) * decay - (stepSize * m) / (Math.sqrt(v) / rootCorrection + epsilon);
    }
  },
});

function arraysOf(tensors: readonly HostTensor[]): Float32Array[] {
  return tensors.map((tensor) => tensor.data as Float32Array);
}
