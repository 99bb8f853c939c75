import type { Tensor } from "@peftbench/runtime";
import type { BatchShape } from "./architecture.ts";

export interface AttentionOptions {
  readonly batch: BatchShape;
  readonly heads: number;
  /** Added to the scores before the softmax, broadcast to [rows, heads, length, length]. */
  readonly bias: Tensor;
  readonly dropout: (probabilities: Tensor) => Tensor;
}

/** Added to the score of a padding token: large enough that its softmax is exactly 0 in f32, and finite. */
const MASKED_SCORE = -1e9;

/** Scaled dot-product attention of query, key and value [rows * length, hidden]: [rows * length, hidden]. */
export function multiHeadAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions,
): Tensor {
  const { batch, heads, bias, dropout } = options;
  const hidden = query.size(-1);
  const headSize = hidden / heads;
  const split = (x: Tensor): Tensor =>
    x.reshape([batch.rows, batch.length, heads, headSize]).transpose([0, 2, 1, 3]);
  const scores = split(query).matmul(split(key), {
    transposeB: true,
    scale: 1 / Math.sqrt(headSize),
    recomputable: true,
  });
  const probabilities = dropout(scores.add(bias).softmax());
  const context = probabilities.matmul(split(value));
  return context.transpose([0, 2, 1, 3]).reshape([batch.rows * batch.length, hidden]);
}

/** Scores' bias that hides padding, from a mask [rows, length] of 1 for tokens and 0 for padding. */
export function paddingBias(attentionMask: Tensor, batch: BatchShape): Tensor {
  return attentionMask.sub(1).mul(-MASKED_SCORE).reshape([batch.rows, 1, 1, batch.length]);
}
