import type { Tensor } from "@peftbench/runtime";
import type { BatchShape, ModelContext } from "./architecture.ts";
import { ENCODER_INPUTS } from "./architecture.ts";
import type { EncoderConfig } from "./encoderConfig.ts";
import type { Attend } from "./encoderLayers.ts";

interface AttentionOptions {
  readonly batch: BatchShape;
  readonly heads: number;
  /** Added to the scores before the softmax, [rows, 1, 1, length]; gets no gradient. */
  readonly bias: Tensor;
  /** Probability with which an attention probability is dropped while training. */
  readonly dropout: number;
}

/** Added to the score of a padding token: large enough that its softmax is exactly 0 in f32, and finite. */
export const MASKED_SCORE = -1e9;

/** Scaled dot-product attention of query, key and value [rows * length, hidden]: [rows * length, hidden]. */
function multiHeadAttention(
  context: ModelContext,
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions,
): Tensor {
  const { batch, heads, bias, dropout } = options;
  const hidden = query.size(-1);
  const headSize = hidden / heads;
  const scale = 1 / Math.sqrt(headSize);
  if (context.attention === "fused") {
    return query.attention(key, value, {
      bias,
      rows: batch.rows,
      heads,
      scale,
      dropout: context.fusedDropout(dropout),
    });
  }
  const split = (x: Tensor): Tensor =>
    x.reshape([batch.rows, batch.length, heads, headSize]).transpose([0, 2, 1, 3]);
  const scores = split(query).matmul(split(key), {
    transposeB: true,
    scale,
    recomputable: true,
  });
  const probabilities = context.dropout(scores.add(bias).softmax(), dropout);
  const attended = probabilities.matmul(split(value));
  return attended.transpose([0, 2, 1, 3]).reshape([batch.rows * batch.length, hidden]);
}

/** Attention of BERT's layers: every token attends to every token of its row, by the modules query, key and value. */
export function attendToAll(context: ModelContext, config: EncoderConfig, batch: BatchShape): Attend {
  const mask = context.graph.input(ENCODER_INPUTS.attentionMask, [batch.rows, batch.length], "f32");
  const bias = paddingBias(mask, batch);
  return (layer, hidden) =>
    multiHeadAttention(
      context,
      context.linear(`${layer}.attention.self.query`, hidden),
      context.linear(`${layer}.attention.self.key`, hidden),
      context.linear(`${layer}.attention.self.value`, hidden),
      { batch, heads: config.heads, bias, dropout: config.attentionDropout },
    );
}

/** Scores' bias that hides padding, from a mask [rows, length] of 1 for tokens and 0 for padding. */
export function paddingBias(attentionMask: Tensor, batch: BatchShape): Tensor {
  return attentionMask.sub(1).mul(-MASKED_SCORE).reshape([batch.rows, 1, 1, batch.length]);
}
