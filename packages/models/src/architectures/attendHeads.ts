import type { Tensor } from "@peftbench/runtime";
import type { ModelContext } from "./architecture.ts";
import type { ScoreMask } from "./scoreMask.ts";

/** Query [rows, queryLength, heads, headSize]; key and value [rows, keyLength, keyValueHeads, headSize]. */
export interface AttentionParts {
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
}

export interface AttendOptions {
  /** Of which `scores` are as wide as [rows, heads, queryLength, keyLength] or broadcast to it. */
  readonly mask: ScoreMask;
  /** Factor on query times key. */
  readonly scale: number;
  /** Probability with which an attention probability is dropped while training. */
  readonly dropout: number;
}

/**
 * Attention by heads: [rows * queryLength, heads * headSize]. Queries may share a head of keys and values (Ainslie et al.
 * 2023): materialized, they are rows of one product with it, so that keys and values are never repeated; the fused op
 * reads them repeated, which takes far less than the scores of a long row.
 */
export function attendHeads(context: ModelContext, parts: AttentionParts, options: AttendOptions): Tensor {
  return context.attention === "fused"
    ? fused(context, parts, options)
    : materialized(context, parts, options);
}

function fused(
  context: ModelContext,
  { query, key, value }: AttentionParts,
  { mask, scale, dropout }: AttendOptions,
): Tensor {
  const [rows, , heads, headSize] = query.shape as [number, number, number, number];
  const [keyLength, keyValueHeads] = [key.size(1), key.size(2)];
  const [tokens, hidden] = [rows * keyLength, heads * headSize];
  const forEachQuery = (x: Tensor): Tensor =>
    keyValueHeads === heads
      ? x.reshape([tokens, hidden])
      : x
          .reshape([tokens * keyValueHeads, 1, headSize])
          .broadcastTo([tokens * keyValueHeads, heads / keyValueHeads, headSize])
          .reshape([tokens, hidden]);
  return query.reshape([rows * query.size(1), hidden]).attention(forEachQuery(key), forEachQuery(value), {
    ...{ bias: mask.padding, causal: mask.causal, rows, heads, scale },
    dropout: context.fusedDropout(dropout),
  });
}

function materialized(
  context: ModelContext,
  { query, key, value }: AttentionParts,
  { mask, scale, dropout }: AttendOptions,
): Tensor {
  const [rows, queryLength, heads, headSize] = query.shape as [number, number, number, number];
  const [keyLength, keyValueHeads] = [key.size(1), key.size(2)];
  const queriesEach = (heads / keyValueHeads) * queryLength;
  const headsFirst = (x: Tensor): Tensor => x.transpose([0, 2, 1, 3]);
  const scores = headsFirst(query)
    .reshape([rows, keyValueHeads, queriesEach, headSize])
    .matmul(headsFirst(key), { transposeB: true, scale, recomputable: true })
    .reshape([rows, heads, queryLength, keyLength]);
  const probabilities = context.dropout(scores.add(mask.scores).softmax(), dropout);
  const attended = probabilities
    .reshape([rows, keyValueHeads, queriesEach, keyLength])
    .matmul(headsFirst(value))
    .reshape([rows, heads, queryLength, headSize]);
  return headsFirst(attended).reshape([rows * queryLength, heads * headSize]);
}
