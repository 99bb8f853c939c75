import { ONNX_TYPE_CODES } from "../execute/cpu/onnxTypes.ts";
import { broadcastShapes, expectInput } from "./infer.ts";
import type { ElementwiseRule } from "./op.ts";
import { defineOp } from "./op.ts";
import { pointwiseKernel } from "./wgsl/pointwise.ts";
import { elementSpace } from "./windows.ts";

const elementwise: ElementwiseRule<object> = {
  operands: ["condition", "a", "b"],
  wgsl: "select(b, a, condition != T(0.0))",
};

/**
 * The second input where the first is not 0, else the third; shapes broadcast. What is not chosen has no influence,
 * not even where it is not finite. For updates: it has no gradient.
 */
export const select = defineOp({
  name: "select",
  cheap: true,
  inPlace: [2],
  infer: (inputs) => {
    const shapes = [0, 1, 2].map((index) => expectInput("select", inputs, index, { dtype: "f32" }).shape);
    const shape = shapes.reduce((joined, other) => broadcastShapes("select", joined, other));
    return [{ shape, dtype: "f32" }];
  },
  windows: { kind: "space", space: elementSpace },
  elementwise,
  webgpu: (context) => pointwiseKernel("select", elementwise, context),
  onnx: ({ node, inputs: [condition = "", a = "", b = ""], outputs }) => {
    const isTrue = node("Cast", [condition], { attributes: { to: ONNX_TYPE_CODES.bool } });
    node("Where", [isTrue, a, b], { outputs });
  },
});
