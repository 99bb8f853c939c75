import type { Tensor } from "@peftbench/runtime";
import type { ModelContext } from "./architecture.ts";

/** Query [rows, queryLength, heads, headSize]; key and value [rows, keyLength, keyValueHeads, headSize]. */
export interface AttentionParts {
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
}

export interface AttendOptions {
  /** Added to the scores, as wide as [rows, heads, queryLength, keyLength] or broadcast to it: masks, distances. */
  readonly bias: Tensor;
  /** Factor on query times key. */
  readonly scale: number;
  /** Probability with which an attention probability is dropped while training. */
  readonly dropout: number;
}

/**
 * Attention by heads: [rows * queryLength, heads * headSize]. Queries that share a head of keys and values (Ainslie et
 * al. 2023) are rows of one product with it, so keys and values are never repeated.
 */
export function attendHeads(
  context: ModelContext,
  { query, key, value }: AttentionParts,
  { bias, scale, dropout }: AttendOptions,
): Tensor {
  const [rows, queryLength, heads, headSize] = query.shape as [number, number, number, number];
  const [keyLength, keyValueHeads] = [key.size(1), key.size(2)];
  const queriesEach = (heads / keyValueHeads) * queryLength;
  const headsFirst = (x: Tensor): Tensor => x.transpose([0, 2, 1, 3]);
  const scores = headsFirst(query)
    .reshape([rows, keyValueHeads, queriesEach, headSize])
    .matmul(headsFirst(key), { transposeB: true, scale, recomputable: true })
    .reshape([rows, heads, queryLength, keyLength]);
  const probabilities = context.dropout(scores.add(bias).softmax(), dropout);
  const attended = probabilities
    .reshape([rows, keyValueHeads, queriesEach, keyLength])
    .matmul(headsFirst(value))
    .reshape([rows, heads, queryLength, headSize]);
  return headsFirst(attended).reshape([rows * queryLength, heads * headSize]);
}
