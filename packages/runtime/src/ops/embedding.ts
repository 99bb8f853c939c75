import { InputError } from "../errors.ts";
import { formatShape } from "../graph/spec.ts";
import type { Tensor } from "../graph/tensor.ts";
import { axisSize, expectInput, expectShape } from "./infer.ts";
import { defineOp } from "./op.ts";
import { embeddingGradientKernel, embeddingKernel } from "./wgsl/embedding.ts";
import type { Range } from "./windows.ts";

/** Where a table is a window of a larger one. */
export interface TableWindow {
  /** Of the larger table: the first row of the window. */
  readonly firstRow: number;
  /** Rows of the larger table, which bound the indices. */
  readonly tableRows: number;
}

export interface EmbeddingAttributes {
  readonly window?: TableWindow;
}

/**
 * Rows of a table [rows, width] at indices [n]: [n, width]. Where the table is a window of a larger one, whose rows the
 * indices count, rows outside the window are zero: the results of all windows add up.
 */
export const embedding = defineOp<EmbeddingAttributes>({
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
  windows: {
    kind: "space",
    space: ([table, indices], _outputs, { window }) => {
      const [rows, width] = [axisSize(table?.shape ?? [], 0), axisSize(table?.shape ?? [], 1)];
      return {
        axes: [
          { size: axisSize(indices?.shape ?? [], 0), kind: "free" },
          { size: width, kind: "free" },
          { size: rows, kind: "sum" },
        ],
        inputs: [[2, 1], [0]],
        outputs: [[0, 1]],
        attributes: ([, , part]): EmbeddingAttributes => windowOf(part, rows, window),
      };
    },
  },
  webgpu: embeddingKernel,
  indexInput: {
    input: 1,
    bound: ([table], { window }) => window?.tableRows ?? axisSize(table?.shape ?? [], 0),
  },
  onnx: ({ node, constant, inputs: [table = "", indices = ""], inputSpecs, outputs, attributes }) => {
    const { window } = attributes;
    if (window === undefined) {
      node("Gather", [table, indices], { outputs, attributes: { axis: 0 } });
      return;
    }
    const i32 = (value: number): string => constant("i32", [], [value]);
    const rows = axisSize(inputSpecs[0]?.shape ?? [], 0);
    const own = node("Sub", [indices, i32(window.firstRow)]);
    const inside = node("And", [node("GreaterOrEqual", [own, i32(0)]), node("Less", [own, i32(rows)])]);
    const found = node("Gather", [table, node("Where", [inside, own, i32(0)])], { attributes: { axis: 0 } });
    const column = node("Unsqueeze", [inside, constant("i64", [1], [-1])]);
    node("Where", [column, found, constant("f32", [], [0])], { outputs });
  },
});

export interface EmbeddingGradientAttributes extends EmbeddingAttributes {
  readonly rows: number;
}

/**
 * Sums the rows of g [n, width] into a table [rows, width] of zeros at indices [n]; repeated indices add up. Where the
 * table is a window of a larger one, indices outside of it are passed over.
 */
export const embeddingGradient = defineOp<EmbeddingGradientAttributes>({
  name: "embeddingGradient",
  cheap: false,
  infer: (inputs, { rows }) => {
    const gradient = expectInput("embeddingGradient", inputs, 1, { dtype: "f32", rank: 2 });
    const source = `a gradient of ${formatShape(gradient.shape)}`;
    expectShape("embeddingGradient", inputs, 0, "i32", gradient.shape.slice(0, 1), source);
    return [{ shape: [rows, axisSize(gradient.shape, 1)], dtype: "f32" }];
  },
  windows: {
    kind: "space",
    space: ([indices, gradient], _outputs, { rows, window }) => ({
      axes: [
        { size: rows, kind: "free" },
        { size: axisSize(gradient?.shape ?? [], 1), kind: "free" },
        { size: axisSize(indices?.shape ?? [], 0), kind: "sum" },
      ],
      inputs: [[2], [2, 1]],
      outputs: [[0, 1]],
      attributes: ([part]): EmbeddingGradientAttributes => ({
        rows: part === undefined ? rows : part.end - part.start,
        ...windowOf(part, rows, window),
      }),
    }),
  },
  webgpu: embeddingGradientKernel,
  indexInput: { input: 0, bound: (_, { rows, window }) => window?.tableRows ?? rows },
  // ONNX Runtime's ScatterND adds from several threads without a lock: repeated indices lose rows.
  host: ({ inputs: [indices, gradient], outputs: [table], attributes: { rows, window } }) => {
    if (indices === undefined || gradient === undefined || table === undefined) return;
    const width = axisSize(gradient.shape, 1);
    const [from, to] = [gradient.data as Float32Array, table.data as Float32Array];
    to.fill(0);
    const tableRows = window?.tableRows ?? rows;
    for (let row = 0; row < indices.data.length; row++) {
      const tableIndex = indices.data[row] as number;
      const index = tableIndex - (window?.firstRow ?? 0);
      if (tableIndex < 0 || tableIndex >= tableRows) {
        throw new InputError(
          `The index ${tableIndex} lies outside the table of ${tableRows} rows.`,
          "Check that the tokenizer fits the model.",
        );
      }
      if (index < 0 || index >= rows) continue;
      for (let column = 0; column < width; column++) {
        const target = index * width + column;
        to[target] = (to[target] as number) + (from[row * width + column] as number);
      }
    }
  },
});

/** The window of rows `part` of a table that may be a window itself; none where it is all rows of a whole table. */
function windowOf(
  part: Range | undefined,
  rows: number,
  outer: TableWindow | undefined,
): EmbeddingAttributes {
  if (part === undefined || part.end - part.start === rows)
    return outer === undefined ? {} : { window: outer };
  return {
    window: { firstRow: (outer?.firstRow ?? 0) + part.start, tableRows: outer?.tableRows ?? rows },
  };
}
