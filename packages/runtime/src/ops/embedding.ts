import { ONNX_TYPE_CODES } from "../execute/cpu/onnxTypes.ts";
import type { Tensor } from "../graph/tensor.ts";
import { axisSize, expectInput } from "./infer.ts";
import { defineOp } from "./op.ts";

/** Rows of a table [rows, width] at indices [n]: [n, width]. */
export const embedding = defineOp({
  name: "embedding",
  cheap: true,
  infer: (inputs) => {
    const table = expectInput("embedding", inputs, 0, { dtype: "f32", rank: 2 });
    const indices = expectInput("embedding", inputs, 1, { dtype: "i32", rank: 1 });
    return [{ shape: [axisSize(indices.shape, 0), axisSize(table.shape, 1)], dtype: "f32" }];
  },
  gradient: ({ inputs: [table, indices], outputGradients: [g], needed }) => {
    if (!table || !indices || !g || needed[0] !== true) return [null, null];
    return [table.graph.apply(embeddingGradient, [indices, g], { rows: table.size(0) })[0] as Tensor, null];
  },
  onnx: ({ node, inputs, outputs }) => {
    node("Gather", inputs, { outputs, attributes: { axis: 0 } });
  },
});

export interface EmbeddingGradientAttributes {
  readonly rows: number;
}

/** Sums the rows of g [n, width] into a table [rows, width] of zeros at indices [n]; repeated indices add up. */
export const embeddingGradient = defineOp<EmbeddingGradientAttributes>({
  name: "embeddingGradient",
  cheap: false,
  infer: (inputs, { rows }) => {
    expectInput("embeddingGradient", inputs, 0, { dtype: "i32", rank: 1 });
    const gradient = expectInput("embeddingGradient", inputs, 1, { dtype: "f32", rank: 2 });
    return [{ shape: [rows, axisSize(gradient.shape, 1)], dtype: "f32" }];
  },
  onnx: ({ node, constant, inputs: [indices = "", g = ""], outputs, outputSpecs }) => {
    const shape = outputSpecs[0]?.shape ?? [];
    const zeros = node("Expand", [constant("f32", [], [0]), constant("i64", [shape.length], shape)]);
    const wide = node("Cast", [indices], { attributes: { to: ONNX_TYPE_CODES.i64 } });
    const column = node("Unsqueeze", [wide, constant("i64", [1], [-1])]);
    node("ScatterND", [zeros, column, g], { outputs, attributes: { reduction: "add" } });
  },
});
