import { ShapeError } from "../errors.ts";
import { ONNX_TYPE_CODES } from "../execute/cpu/onnxTypes.ts";
import type { TensorSpec } from "../graph/spec.ts";
import { formatShape } from "../graph/spec.ts";
import type { Tensor } from "../graph/tensor.ts";
import { axisSize, expectInput, expectShape } from "./infer.ts";
import { defineOp } from "./op.ts";
import { crossEntropyGradientKernel, crossEntropyKernel } from "./wgsl/crossEntropy.ts";
import type { OperandAxes, WindowRule } from "./windows.ts";

/** Rows are free, classes are not. Operands are the logits or [rows]. */
const rowWindows: WindowRule<object> = {
  kind: "space",
  space: (inputs, outputs) => {
    const [rows = 1, classes = 1] = inputs[0]?.shape ?? [];
    const axesOf = ({ shape }: TensorSpec): OperandAxes => shape.map((_, axis) => axis);
    return {
      axes: [
        { size: rows, kind: "free" },
        { size: classes, kind: "whole" },
      ],
      inputs: inputs.map(axesOf),
      outputs: outputs.map(axesOf),
    };
  },
};

/** `log(sum(exp(row))) - row[label]` for each row of logits [n, classes], labels [n]: [n]. */
export const crossEntropy = defineOp({
  name: "crossEntropy",
  cheap: true,
  infer: (inputs) => {
    const logits = expectInput("crossEntropy", inputs, 0, { dtype: "f32", rank: 2 });
    const labels = expectInput("crossEntropy", inputs, 1, { dtype: "i32", rank: 1 });
    if (logits.shape[0] !== labels.shape[0]) {
      throw new ShapeError(
        "crossEntropy",
        `logits ${formatShape(logits.shape)} and labels ${formatShape(labels.shape)} differ in rows.`,
      );
    }
    return [{ shape: labels.shape, dtype: "f32" }];
  },
  gradient: ({ inputs: [logits, labels], outputGradients: [g] }) => [
    logits && labels && g
      ? (logits.graph.apply(crossEntropyGradient, [logits, labels, g], {})[0] as Tensor)
      : null,
    null,
  ],
  windows: rowWindows,
  webgpu: crossEntropyKernel,
  indexInput: { input: 1, bound: ([logits]) => axisSize(logits?.shape ?? [], 1) },
  onnx: ({ node, constant, inputs: [logits = "", labels = ""], outputs }) => {
    const column = constant("i64", [1], [-1]);
    const logProbability = node("LogSoftmax", [logits], { attributes: { axis: -1 } });
    const index = node("Unsqueeze", [labels, column]);
    const picked = node("GatherElements", [logProbability, index], { attributes: { axis: -1 } });
    node("Squeeze", [node("Neg", [picked]), column], { outputs });
  },
});

/** `(softmax(row) - onehot(label)) g[row]`. */
export const crossEntropyGradient = defineOp({
  name: "crossEntropyGradient",
  cheap: false,
  infer: (inputs) => {
    const { shape, dtype } = expectInput("crossEntropyGradient", inputs, 0, { dtype: "f32", rank: 2 });
    const [rows, source] = [shape.slice(0, 1), `logits of ${formatShape(shape)}`];
    expectShape("crossEntropyGradient", inputs, 1, "i32", rows, source);
    expectShape("crossEntropyGradient", inputs, 2, "f32", rows, source);
    return [{ shape, dtype }];
  },
  windows: rowWindows,
  webgpu: crossEntropyGradientKernel,
  onnx: ({ node, constant, inputs: [logits = "", labels = "", g = ""], inputSpecs, outputs }) => {
    const classes = axisSize(inputSpecs[0]?.shape ?? [], 1);
    const probability = node("Softmax", [logits], { attributes: { axis: -1 } });
    const range = constant(
      "i32",
      [1, classes],
      Array.from({ length: classes }, (_, index) => index),
    );
    const column = constant("i64", [1], [-1]);
    const hit = node("Equal", [node("Unsqueeze", [labels, column]), range]);
    const oneHot = node("Cast", [hit], { attributes: { to: ONNX_TYPE_CODES.f32 } });
    node("Mul", [node("Sub", [probability, oneHot]), node("Unsqueeze", [g, column])], { outputs });
  },
});
