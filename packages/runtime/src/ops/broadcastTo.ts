import { ShapeError } from "../errors.ts";
import type { Shape } from "../graph/spec.ts";
import { formatShape, sameShape } from "../graph/spec.ts";
import { broadcastShapes, expectInput } from "./infer.ts";
import { defineOp } from "./op.ts";
import { broadcastToKernel } from "./wgsl/copy.ts";
import { boxShape, elementSpace } from "./windows.ts";

export interface BroadcastToAttributes {
  readonly shape: Shape;
}

/** Repeats axes of size 1, and adds leading axes, up to `shape`. */
export const broadcastTo = defineOp<BroadcastToAttributes>({
  name: "broadcastTo",
  cheap: true,
  infer: (inputs, { shape }) => {
    const input = expectInput("broadcastTo", inputs, 0, { dtype: "f32" });
    if (!sameShape(broadcastShapes("broadcastTo", input.shape, shape), shape)) {
      throw new ShapeError(
        "broadcastTo",
        `${formatShape(input.shape)} does not broadcast to ${formatShape(shape)}.`,
      );
    }
    return [{ shape, dtype: "f32" }];
  },
  gradient: ({ inputs: [x], outputGradients: [g] }) => [x && g ? g.sumTo(x.shape) : null],
  windows: {
    kind: "space",
    space: (inputs, outputs) => ({
      ...elementSpace(inputs, outputs),
      attributes: (window) => ({ shape: boxShape(window) }),
    }),
  },
  webgpu: broadcastToKernel,
  onnx: ({ node, constant, inputs, outputs, attributes: { shape } }) => {
    node("Expand", [...inputs, constant("i64", [shape.length], shape)], { outputs });
  },
});
