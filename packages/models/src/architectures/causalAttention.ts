import type { Tensor } from "@peftbench/runtime";
import type { BatchShape, ModelContext } from "./architecture.ts";
import { ENCODER_INPUTS } from "./architecture.ts";
import { MASKED_SCORE, paddingBias } from "./attention.ts";

/** Query [rows, length, heads, headSize]; key and value [rows, length, keyValueHeads, headSize]. */
export interface AttentionParts {
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
}

/**
 * Attention of each token to itself and to those before it, padding left out: [rows * length, heads * headSize]. Queries
 * that share a head of keys and values are rows of one product with it, so keys and values are never repeated.
 * @param bias of `causalBias`
 * @param dropout probability with which an attention probability is dropped while training
 */
export function attendCausally(
  context: ModelContext,
  { query, key, value }: AttentionParts,
  { bias, dropout }: { readonly bias: Tensor; readonly dropout: number },
): Tensor {
  const [rows, length, heads, headSize] = query.shape as [number, number, number, number];
  const keyValueHeads = key.size(2);
  const queriesEach = (heads / keyValueHeads) * length;
  const headsFirst = (x: Tensor): Tensor => x.transpose([0, 2, 1, 3]);
  const scores = headsFirst(query)
    .reshape([rows, keyValueHeads, queriesEach, headSize])
    .matmul(headsFirst(key), { transposeB: true, scale: 1 / Math.sqrt(headSize), recomputable: true })
    .reshape([rows, heads, length, length]);
  const probabilities = context.dropout(scores.add(bias).softmax(), dropout);
  const attended = probabilities
    .reshape([rows, keyValueHeads, queriesEach, length])
    .matmul(headsFirst(value))
    .reshape([rows, heads, length, headSize]);
  return headsFirst(attended).reshape([rows * length, heads * headSize]);
}

/** Added to the scores of all layers: hides padding, and what comes after a token. [rows, 1, length, length] */
export function causalBias(context: ModelContext, batch: BatchShape): Tensor {
  const mask = context.graph.input(ENCODER_INPUTS.attentionMask, [batch.rows, batch.length], "f32");
  return paddingBias(mask, batch).add(hideLater(context, batch.length));
}

/** Hides what comes after a token: [1, 1, length, length]. */
export function hideLater({ graph }: Pick<ModelContext, "graph">, length: number): Tensor {
  const values = new Float32Array(length * length);
  for (let query = 0; query < length; query++)
    values.fill(MASKED_SCORE, query * length + query + 1, (query + 1) * length);
  return graph.constant([1, 1, length, length], "f32", values);
}
