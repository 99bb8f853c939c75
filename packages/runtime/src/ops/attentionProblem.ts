import type { TensorSpec } from "../graph/spec.ts";
import type { DropoutAttributes } from "./dropout.ts";
import { axisSize } from "./infer.ts";

export interface AttentionAttributes {
  /** Sequences; queries, keys and values of one follow each other. */
  readonly rows: number;
  readonly heads: number;
  /** Factor on the products of queries and keys. */
  readonly scale: number;
  /** A query sees the keys up to its own place, where the last query stands beside the last key. */
  readonly causal: boolean;
  /** Dropout of the probabilities [rows, heads, queries, keys], bit for bit that of the op `dropout`; null for none. */
  readonly dropout: Pick<DropoutAttributes, "probability" | "salt"> | null;
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
