import type { Tensor } from "@peftbench/runtime";
import { activate } from "../activation.ts";
import type { BatchShape, EncoderOutputs, HeadSpec, ModelContext } from "../architecture.ts";
import { ENCODER_INPUTS } from "../architecture.ts";
import { AttentionError } from "../config.ts";
import { buildEncoderLayers, firstTokens, layerNorm } from "../encoderLayers.ts";
import { disentangledAttention } from "./attention.ts";
import type { DebertaConfig } from "./config.ts";
import { CLASSIFIER, LAYERS, POOLER } from "./parameters.ts";

/**
 * DeBERTa-v3 with a sequence classification head (He et al. 2021), as `DebertaV2ForSequenceClassification` computes it.
 * @throws {AttentionError} where the context asks for fused attention
 */
export function buildDeberta(
  context: ModelContext,
  config: DebertaConfig,
  _head: HeadSpec,
  batch: BatchShape,
): EncoderOutputs {
  if (context.attention === "fused")
    throw new AttentionError(
      "DeBERTa",
      "the fused op has no scores that depend on the distance of two tokens",
    );
  const { graph } = context;
  const embedded = graph.withScope("deberta.embeddings", () => buildEmbeddings(context, config, batch));
  const attend = disentangledAttention(context, config, batch);
  const hiddenStates = buildEncoderLayers(context, config, LAYERS, embedded, attend);
  const pooled = graph.withScope(POOLER, () => {
    const first = firstTokens(hiddenStates.at(-1) as Tensor, batch);
    const dense = context.linear(POOLER, context.dropout(first, config.poolerDropout));
    return activate({ activation: config.poolerActivation }, dense);
  });
  const logits = graph.withScope(CLASSIFIER, () =>
    context.linear(CLASSIFIER, context.dropout(pooled, config.classifierDropout)),
  );
  return { hiddenStates, pooled, logits };
}

/** Words alone: positions come in with attention. Padding is zero. */
function buildEmbeddings(context: ModelContext, config: DebertaConfig, { rows, length }: BatchShape): Tensor {
  const { graph } = context;
  const tokens = rows * length;
  const words = context
    .parameter("deberta.embeddings.word_embeddings.weight")
    .rows(graph.input(ENCODER_INPUTS.inputIds, [tokens], "i32"));
  const isToken = graph.input(ENCODER_INPUTS.attentionMask, [rows, length], "f32").reshape([tokens, 1]);
  const normed = layerNorm(context, config, "deberta.embeddings.LayerNorm", words);
  return context.dropout(normed.mul(isToken), config.hiddenDropout);
}
