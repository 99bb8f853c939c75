import type { Tensor } from "@peftbench/runtime";
import type { BatchShape, EncoderOutputs, HeadSpec, ModelContext } from "./architecture.ts";
import { ENCODER_INPUTS } from "./architecture.ts";

/** The linear module that classifies, as `transformers` names it for all decoders. */
export const SCORE = "score";

/** Where a language model's output embeddings are. */
export const OUTPUT_EMBEDDINGS = "lm_head";

/**
 * What a decoder predicts from its last hidden states [rows * length, hiddenSize]: the next token at every place, by a
 * product with the output embeddings; or classes, from the last token of a row, which has read all the others. Padding
 * is on the right.
 * @param outputTable name of the parameter with the output embeddings, [vocabulary, hiddenSize]
 */
export function decoderHead(
  context: ModelContext,
  head: HeadSpec,
  last: Tensor,
  batch: BatchShape,
  outputTable: string,
): Pick<EncoderOutputs, "pooled" | "logits"> {
  const { graph } = context;
  if (head.kind === "languageModel") {
    const table = context.parameter(outputTable);
    const read = context.decoding === null ? last : lastPlace(last, batch);
    const logits = graph.withScope(OUTPUT_EMBEDDINGS, () => read.matmul(table, { transposeB: true }));
    return { pooled: null, logits };
  }
  const pooled = graph.withScope(SCORE, () => lastTokens(context, last, batch));
  return { pooled, logits: graph.withScope(SCORE, () => context.linear(SCORE, pooled)) };
}

/** The last place of each row, which holds a token where padding is on the left: [rows, hiddenSize]. */
function lastPlace(hidden: Tensor, { rows, length }: BatchShape): Tensor {
  const hiddenSize = hidden.size(-1);
  if (length === 1) return hidden;
  return hidden
    .reshape([rows, length, hiddenSize])
    .slice(1, length - 1, 1)
    .reshape([rows, hiddenSize]);
}

/** The last token of each row that is no padding: [rows, hiddenSize]. */
function lastTokens({ graph }: ModelContext, hidden: Tensor, { rows, length }: BatchShape): Tensor {
  const hiddenSize = hidden.size(-1);
  const mask = graph.input(ENCODER_INPUTS.attentionMask, [rows, length], "f32");
  const nothing = mask.slice(1, 0, 1).mul(0);
  const next = length === 1 ? nothing : mask.slice(1, 1, length - 1).concat([nothing], 1);
  // A one at the last token alone. As a product, picking has a gradient that needs no scatter.
  const isLast = mask.sub(next).reshape([rows, 1, length]);
  return isLast.matmul(hidden.reshape([rows, length, hiddenSize])).reshape([rows, hiddenSize]);
}
