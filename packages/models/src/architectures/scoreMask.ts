import type { Tensor } from "@peftbench/runtime";
import type { ModelContext } from "./architecture.ts";

/** Added to the score of what is hidden: large enough that its softmax is exactly 0 in f32, and finite. */
export const MASKED_SCORE = -1e9;

/** What hides keys from queries, in all layers alike. */
export interface ScoreMask {
  /** Added to the scores, [rows, 1, 1, keys]: hides padding. */
  readonly padding: Tensor;
  /** Whether a query sees the keys up to its own place alone. */
  readonly causal: boolean;
  /** Both in one, as wide as the scores or broadcast to them; what only the fused op would do has none. */
  readonly scores: Tensor;
}

/** Scores' bias [rows, 1, 1, length] that hides padding, from a mask [rows, length] of 1 for tokens and 0 for padding. */
export function paddingBias(attentionMask: Tensor): Tensor {
  const [rows, length] = attentionMask.shape as [number, number];
  return attentionMask.sub(1).mul(-MASKED_SCORE).reshape([rows, 1, 1, length]);
}

/** Hides padding alone. */
export function paddingMask(padding: Tensor): ScoreMask {
  return { padding, causal: false, scores: padding };
}

/**
 * Hides padding, and what comes after a token. Scores of their own size are needed for materialized attention alone.
 * @param padding [rows, 1, 1, length]
 */
export function causalMask(context: Pick<ModelContext, "graph" | "attention">, padding: Tensor): ScoreMask {
  const scores =
    context.attention === "fused" ? padding : padding.add(hideLater(context.graph, padding.size(-1)));
  return { padding, causal: true, scores };
}

/** Hides what comes after a token where nothing is padding that anything reads. */
export function laterMask(
  { graph, attention }: Pick<ModelContext, "graph" | "attention">,
  rows: number,
  length: number,
): ScoreMask {
  const none = (): Tensor => graph.constant([rows, 1, 1, length], "f32", new Float32Array(rows * length));
  const padding = attention === "fused" ? none() : hideLater(graph, length);
  return { padding, causal: true, scores: padding };
}

/** [1, 1, length, length] */
export function hideLater(graph: ModelContext["graph"], length: number): Tensor {
  return graph.constant([1, 1, length, length], "f32", () => {
    const values = new Float32Array(length * length);
    for (let query = 0; query < length; query++)
      values.fill(MASKED_SCORE, query * length + query + 1, (query + 1) * length);
    return values;
  });
}
