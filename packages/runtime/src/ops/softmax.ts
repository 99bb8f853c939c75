import type { Tensor } from "../graph/tensor.ts";
import { expectInput, expectShape } from "./infer.ts";
import { defineOp } from "./op.ts";
import { softmaxGradientKernel, softmaxKernel } from "./wgsl/softmax.ts";
import { rowSpace } from "./windows.ts";

/** Softmax over the last axis. Backward keeps the result, not the input. */
export const softmax = defineOp({
  name: "softmax",
  cheap: true,
  infer: (inputs) => {
    const { shape, dtype } = expectInput("softmax", inputs, 0, { dtype: "f32", minimumRank: 1 });
    return [{ shape, dtype }];
  },
  gradient: ({ outputs: [y], outputGradients: [g] }) => [
    y && g ? (y.graph.apply(softmaxGradient, [y, g], {})[0] as Tensor) : null,
  ],
  windows: { kind: "space", space: rowSpace },
  webgpu: softmaxKernel,
  onnx: ({ node, inputs, outputs }) => {
    node("Softmax", inputs, { outputs, attributes: { axis: -1 } });
  },
});

/** `y * (g - sum(g * y))` over the last axis, from the softmax y and the gradient g by it. */
export const softmaxGradient = defineOp({
  name: "softmaxGradient",
  cheap: true,
  infer: (inputs) => {
    const { shape, dtype } = expectInput("softmaxGradient", inputs, 0, { dtype: "f32", minimumRank: 1 });
    expectShape("softmaxGradient", inputs, 1, "f32", shape, "the gradient by y");
    return [{ shape, dtype }];
  },
  windows: { kind: "space", space: rowSpace },
  webgpu: softmaxGradientKernel,
  onnx: ({ node, constant, inputs: [y = "", g = ""], outputs }) => {
    const axes = constant("i64", [1], [-1]);
    const total = node("ReduceSum", [node("Mul", [g, y]), axes], { attributes: { keepdims: 1 } });
    node("Mul", [y, node("Sub", [g, total])], { outputs });
  },
});
