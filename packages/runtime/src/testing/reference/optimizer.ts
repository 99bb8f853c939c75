import type { AdamWAttributes } from "../../ops/adamw.ts";
import type { AdamWGroupAttributes } from "../../ops/adamwGroup.ts";
import type { GradientNormAttributes } from "../../ops/gradientNorm.ts";
import type { ReferenceOp } from "./reference.ts";
import { input, reference } from "./reference.ts";
import type { Tensor64 } from "./tensor64.ts";

/** Gradient clipping and AdamW (Loshchilov and Hutter 2019, algorithm 2, in PyTorch's arrangement). */
export const optimizerReferences: Readonly<Record<string, ReferenceOp>> = {
  gradientNorm: reference<GradientNormAttributes>((inputs, { maxNorm }) => {
    const norm = Math.hypot(...inputs.flatMap(({ data }) => Array.from(data)));
    const coefficient = maxNorm === null ? 1 : Math.min(1, maxNorm / (norm + 1e-6));
    return [norm, coefficient, Number.isFinite(norm) ? 1 : 0].map((value) => ({
      shape: [],
      data: Float64Array.of(value),
    }));
  }),
  adamw: reference<AdamWAttributes>(adamw),
  adamwGroup: reference<AdamWGroupAttributes>((inputs, attributes) =>
    Array.from({ length: attributes.tensorCount }, (_, tensor) => {
      const own = inputs.slice(5 + 4 * tensor, 9 + 4 * tensor);
      return adamw([...own, ...inputs.slice(0, 5)], attributes);
    }).flat(),
  ),
};

function adamw(
  inputs: readonly Tensor64[],
  { beta1, beta2, epsilon, weightDecay }: AdamWAttributes,
): readonly Tensor64[] {
  const [parameter, gradient, first, second] = [0, 1, 2, 3].map((index) => input(inputs, index).data);
  const [rate, correction1, correction2, scale] = [4, 5, 6, 7].map(
    (index) => input(inputs, index).data[0] as number,
  );
  const flags = input(inputs, 8).data;
  const results = Array.from(parameter ?? [], (p, index): [number, number, number] => {
    const [m0, v0] = [first?.[index] as number, second?.[index] as number];
    if (flags[index % flags.length] === 0) return [p, m0, v0];
    const g = (gradient?.[index] as number) * (scale as number);
    const m = beta1 * m0 + (1 - beta1) * g;
    const v = beta2 * v0 + (1 - beta2) * g * g;
    const mHat = m / (correction1 as number);
    const vHat = v / (correction2 as number);
    return [p - (rate as number) * (mHat / (Math.sqrt(vHat) + epsilon) + weightDecay * p), m, v];
  });
  const { shape } = input(inputs, 0);
  return ([0, 1, 2] as const).map((which) => ({
    shape,
    data: Float64Array.from(results, (result) => result[which]),
  }));
}
