import { ShapeError } from "../errors.ts";
import type { TensorSpec } from "../graph/spec.ts";
import { formatShape, sameShape } from "../graph/spec.ts";
import { axisSize, expectInput } from "./infer.ts";
import { defineOp } from "./op.ts";
import { matmulKernels } from "./wgsl/matmul/kernels.ts";
import type { WindowSpace, WorkAxis } from "./windows.ts";

export interface MatmulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly scale: number;
  readonly recomputable: boolean;
}

/** `scale * op(a) @ op(b)` over the last two axes; leading axes are equal batch axes. Sums are made in f32. */
export const matmul = defineOp<MatmulAttributes>({
  name: "matmul",
  cheap: false,
  halfInputs: [0, 1],
  infer: (inputs, { transposeA, transposeB }) => {
    const a = expectInput("matmul", inputs, 0, { dtype: "f32", allowHalf: true, minimumRank: 2 });
    const b = expectInput("matmul", inputs, 1, { dtype: "f32", allowHalf: true, rank: a.shape.length });
    const batchA = a.shape.slice(0, -2);
    const rows = axisSize(a.shape, transposeA ? -1 : -2);
    const innerA = axisSize(a.shape, transposeA ? -2 : -1);
    const innerB = axisSize(b.shape, transposeB ? -1 : -2);
    const columns = axisSize(b.shape, transposeB ? -2 : -1);
    if (innerA !== innerB || !sameShape(batchA, b.shape.slice(0, -2))) {
      const left = `${formatShape(a.shape)}${transposeA ? "ᵀ" : ""}`;
      const why = innerA === innerB ? "the batch axes differ" : `the inner sizes are ${innerA} and ${innerB}`;
      const right = `${formatShape(b.shape)}${transposeB ? "ᵀ" : ""}`;
      throw new ShapeError("matmul", `${left} @ ${right} do not fit: ${why}.`);
    }
    return [{ shape: [...batchA, rows, columns], dtype: "f32" }];
  },
  gradient: ({ inputs: [a, b], outputGradients: [g], attributes, needed }) => {
    if (a === undefined || b === undefined || g === null || g === undefined) return [null, null];
    const { transposeA, transposeB, scale } = attributes;
    // C = A B gives dA = g Bᵀ and dB = Aᵀ g; where an operand was read transposed, so is its gradient.
    const gradientA = transposeA
      ? () => b.matmul(g, { transposeA: transposeB, transposeB: true, scale })
      : () => g.matmul(b, { transposeB: !transposeB, scale });
    const gradientB = transposeB
      ? () => g.matmul(a, { transposeA: true, transposeB: transposeA, scale })
      : () => a.matmul(g, { transposeA: !transposeA, scale });
    return [needed[0] === true ? gradientA() : null, needed[1] === true ? gradientB() : null];
  },
  windows: { kind: "space", space: matmulSpace },
  webgpu: matmulKernels,
  onnx: ({ node, inputs, outputs, attributes }) => {
    node("FusedMatMul", inputs, {
      domain: "com.microsoft",
      outputs,
      attributes: {
        transA: attributes.transposeA ? 1 : 0,
        transB: attributes.transposeB ? 1 : 0,
        alpha: { float: attributes.scale },
      },
    });
  },
});

/** Batches, rows and columns are free; products over ranges of the inner axis add up. */
function matmulSpace(
  [a]: readonly TensorSpec[],
  [product]: readonly TensorSpec[],
  { transposeA, transposeB }: MatmulAttributes,
): WindowSpace {
  const shape = product?.shape ?? [];
  const [rows, columns, inner] = [shape.length - 2, shape.length - 1, shape.length];
  const batch = shape.slice(0, -2).map((_, axis) => axis);
  const innerSize = axisSize(a?.shape ?? [], transposeA ? -2 : -1);
  return {
    axes: [...shape.map((size): WorkAxis => ({ size, kind: "free" })), { size: innerSize, kind: "sum" }],
    inputs: [
      [...batch, ...(transposeA ? [inner, rows] : [rows, inner])],
      [...batch, ...(transposeB ? [columns, inner] : [inner, columns])],
    ],
    outputs: [[...batch, rows, columns]],
  };
}
