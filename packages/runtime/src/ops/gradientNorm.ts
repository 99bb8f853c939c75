import type { HostTensor } from "../graph/spec.ts";
import { expectInput } from "./infer.ts";
import { defineOp } from "./op.ts";
import { gradientNormKernel } from "./wgsl/gradientNorm.ts";

export interface GradientNormAttributes {
  /** Gradients are scaled down to this global L2 norm; null leaves them as they are. */
  readonly maxNorm: number | null;
}

/** What PyTorch's `clip_grad_norm_` adds to the norm before it divides. */
const CLIP_EPSILON = 1e-6;

/**
 * Global L2 norm of any number of gradients. Results, all scalars: the norm; the factor that clips it,
 * `min(1, maxNorm / (norm + 1e-6))` as in PyTorch; 1 where the norm is finite, else 0.
 */
export const gradientNorm = defineOp<GradientNormAttributes>({
  name: "gradientNorm",
  cheap: false,
  infer: (inputs) => {
    inputs.forEach((_, index) => {
      expectInput("gradientNorm", inputs, index, { dtype: "f32" });
    });
    const scalar = { shape: [], dtype: "f32" } as const;
    return [scalar, scalar, scalar];
  },
  windows: { kind: "elements" },
  webgpu: (context) => gradientNormKernel(context, CLIP_EPSILON),
  host: ({ inputs, outputs, attributes: { maxNorm } }) => {
    const norm = Math.sqrt(inputs.reduce((total, gradient) => total + sumOfSquares(gradient), 0));
    const scale = maxNorm === null ? 1 : Math.min(1, maxNorm / (norm + CLIP_EPSILON));
    [norm, scale, Number.isFinite(norm) ? 1 : 0].forEach((value, index) => {
      (outputs[index] as HostTensor).data[0] = value;
    });
  },
});

function sumOfSquares({ data }: HostTensor): number {
  let total = 0;
  for (let index = 0; index < data.length; index++) {
    const value = data[index] as number;
    total += value * value;
  }
  return total;
}
