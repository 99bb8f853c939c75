import { ShapeError } from "../errors.ts";
import { axisSize, expectInput } from "./infer.ts";
import { defineOp } from "./op.ts";
import { transposeKernel } from "./wgsl/transpose.ts";
import type { WorkAxis } from "./windows.ts";

export interface TransposeAttributes {
  readonly permutation: readonly number[];
}

/** Axis i of the result is axis `permutation[i]` of the input. */
export const transpose = defineOp<TransposeAttributes>({
  name: "transpose",
  cheap: true,
  infer: (inputs, { permutation }) => {
    const { shape, dtype } = expectInput("transpose", inputs, 0, { rank: permutation.length });
    if (
      new Set(permutation).size !== shape.length ||
      permutation.some((axis) => axis < 0 || axis >= shape.length)
    ) {
      throw new ShapeError("transpose", `[${permutation}] is not a permutation of ${shape.length} axes.`);
    }
    return [{ shape: permutation.map((axis) => axisSize(shape, axis)), dtype }];
  },
  gradient: ({ outputGradients: [g], attributes }) => {
    const inverse = attributes.permutation.map((_, axis) => attributes.permutation.indexOf(axis));
    return [g ? g.transpose(inverse) : null];
  },
  windows: {
    kind: "space",
    space: ([x], _outputs, { permutation }) => ({
      axes: (x?.shape ?? []).map((size): WorkAxis => ({ size, kind: "free" })),
      inputs: [permutation.map((_, axis) => axis)],
      outputs: [permutation],
    }),
  },
  webgpu: transposeKernel,
  onnx: ({ node, inputs, outputs, attributes }) => {
    node("Transpose", inputs, { outputs, attributes: { perm: attributes.permutation } });
  },
});
