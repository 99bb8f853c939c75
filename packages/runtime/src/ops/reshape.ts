import { ShapeError } from "../errors.ts";
import type { Shape } from "../graph/spec.ts";
import { elementCount, formatShape } from "../graph/spec.ts";
import { expectInput } from "./infer.ts";
import { defineOp } from "./op.ts";

export interface ReshapeAttributes {
  readonly shape: Shape;
}

/** The same elements in row-major order under another shape. A view: it takes no memory. */
export const reshape = defineOp<ReshapeAttributes>({
  name: "reshape",
  cheap: true,
  view: true,
  infer: (inputs, { shape }) => {
    const input = expectInput("reshape", inputs, 0, {});
    if (elementCount(input.shape) !== elementCount(shape) || shape.some((size) => size < 1)) {
      throw new ShapeError(
        "reshape",
        `${formatShape(input.shape)} cannot become ${formatShape(shape)}: sizes differ.`,
      );
    }
    return [{ shape, dtype: input.dtype }];
  },
  gradient: ({ inputs: [x], outputGradients: [g] }) => [x && g ? g.reshape(x.shape) : null],
  onnx: ({ node, constant, inputs, outputs, outputSpecs }) => {
    const shape = outputSpecs[0]?.shape ?? [];
    node("Reshape", [...inputs, constant("i64", [shape.length], shape)], { outputs });
  },
});
