import { InputError } from "../errors.ts";
import { formatShape } from "../graph/spec.ts";
import type { Tensor } from "../graph/tensor.ts";
import { axisSize, expectInput, expectShape } from "./infer.ts";
import { defineOp } from "./op.ts";
import { embeddingGradientKernel, embeddingKernel } from "./wgsl/embedding.ts";

/** Rows of a table [rows, width] at indices [n]: [n, width]. */
export const embedding = defineOp({
  name: "embedding",
  cheap: true,
  halfInputs: [0],
  infer: (inputs) => {
    const table = expectInput("embedding", inputs, 0, { dtype: "f32", allowHalf: true, rank: 2 });
    const indices = expectInput("embedding", inputs, 1, { dtype: "i32", rank: 1 });
    return [{ shape: [axisSize(indices.shape, 0), axisSize(table.shape, 1)], dtype: "f32" }];
  },
  gradient: ({ inputs: [table, indices], outputGradients: [g], needed }) => {
    if (!table || !indices || !g || needed[0] !== true) return [null, null];
    return [table.graph.apply(embeddingGradient, [indices, g], { rows: table.size(0) })[0] as Tensor, null];
  },
  webgpu: embeddingKernel,
  indexInput: { input: 1, bound: ([table]) => axisSize(table?.shape ?? [], 0) },
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
    const gradient = expectInput("embeddingGradient", inputs, 1, { dtype: "f32", rank: 2 });
    const source = `a gradient of ${formatShape(gradient.shape)}`;
    expectShape("embeddingGradient", inputs, 0, "i32", gradient.shape.slice(0, 1), source);
    return [{ shape: [rows, axisSize(gradient.shape, 1)], dtype: "f32" }];
  },
  webgpu: embeddingGradientKernel,
  indexInput: { input: 0, bound: (_, { rows }) => rows },
  // ONNX Runtime's ScatterND adds from several threads without a lock: repeated indices lose rows.
  host: ({ inputs: [indices, gradient], outputs: [table], attributes: { rows } }) => {
    if (indices === undefined || gradient === undefined || table === undefined) return;
    const width = axisSize(gradient.shape, 1);
    const [from, to] = [gradient.data as Float32Array, table.data as Float32Array];
    to.fill(0);
    for (let row = 0; row < indices.data.length; row++) {
      const index = indices.data[row] as number;
      if (index < 0 || index >= rows) {
        throw new InputError(
          `The index ${index} lies outside the table of ${rows} rows.`,
          "Check that the tokenizer fits the model.",
        );
      }
      for (let column = 0; column < width; column++) {
        const target = index * width + column;
        to[target] = (to[target] as number) + (from[row * width + column] as number);
      }
    }
  },
});
