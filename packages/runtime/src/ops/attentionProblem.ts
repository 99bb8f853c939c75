import type { TensorSpec } from "../graph/spec.ts";
import type { DropoutAttributes } from "./dropout.ts";
import { axisSize } from "./infer.ts";
import type { OperandAxes, WindowSpace } from "./windows.ts";

export interface AttentionAttributes {
  /** Sequences; queries, keys and values of one follow each other. */
  readonly rows: number;
  readonly heads: number;
  /** Factor on the products of queries and keys. */
  readonly scale: number;
  /** A query sees the keys up to its own place, where the last query stands beside the last key. */
  readonly causal: boolean;
  /** Dropout of the probabilities [rows, heads, queries, keys], bit for bit that of the op `dropout`; null for none. */
  readonly dropout: DropoutAttributes | null;
}

/** Operands that have a gradient, in the order of the inputs. */
export const attentionOperands = ["query", "key", "value"] as const;

export interface AttentionGradientAttributes extends AttentionAttributes {
  /** Whose gradients are made, in the order of `attentionOperands`. */
  readonly wanted: readonly (typeof attentionOperands)[number][];
}

/** Sizes that the shapes of queries and keys give. */
export interface AttentionSizes {
  readonly rows: number;
  readonly heads: number;
  readonly headSize: number;
  /** Queries of one row. */
  readonly queries: number;
  /** Keys of one row. */
  readonly keys: number;
}

export function attentionSizes(
  inputs: readonly TensorSpec[],
  { rows, heads }: AttentionAttributes,
): AttentionSizes {
  const sizeOf = (index: number, axis: number): number => axisSize(inputs[index]?.shape ?? [], axis);
  return {
    rows,
    heads,
    headSize: sizeOf(0, 1) / heads,
    queries: sizeOf(0, 0) / rows,
    keys: sizeOf(1, 0) / rows,
  };
}

/** Place of the bias among the inputs. */
const BIAS = 3;

/**
 * Every head of every row is free. Operands are [rows * length, heads * headSize], statistics [rows, heads, queries, 2],
 * the bias [rows, 1, 1, keys], or dropout's key.
 */
export function attentionSpace(
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[],
  attributes: AttentionAttributes,
): WindowSpace {
  const { rows, heads, headSize, queries, keys } = attentionSizes(inputs, attributes);
  const axesOf = ({ shape }: TensorSpec): OperandAxes => {
    if (shape.length === 2) {
      const length = axisSize(shape, 0) / rows;
      return [
        { axis: 0, block: length },
        { axis: 1, block: headSize },
      ];
    }
    return shape.length === 4 ? [0, 1, null, null] : [];
  };
  const { dropout } = attributes;
  return {
    axes: [
      { size: rows, kind: "free" },
      { size: heads, kind: "free" },
    ],
    inputs: inputs.map((spec, index) => (index === BIAS ? [0, null, null, null] : axesOf(spec))),
    outputs: outputs.map(axesOf),
    isContiguous: dropout !== null,
    attributes: ([row, head]): AttentionAttributes => {
      if (row === undefined || head === undefined) return attributes;
      const firstPlace = (row.start * heads + head.start) * queries * keys;
      return {
        ...attributes,
        rows: row.end - row.start,
        heads: head.end - head.start,
        dropout:
          dropout === null ? null : { ...dropout, firstElement: (dropout.firstElement ?? 0) + firstPlace },
      };
    },
  };
}
