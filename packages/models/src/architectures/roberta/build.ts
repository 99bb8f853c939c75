import type { Tensor } from "@peftbench/runtime";
import type { BatchShape, EncoderOutputs, HeadSpec, ModelContext } from "../architecture.ts";
import { ENCODER_INPUTS } from "../architecture.ts";
import { attendToAll } from "../attention.ts";
import { buildEncoderLayers, firstTokens, layerNorm } from "../encoderLayers.ts";
import type { RobertaConfig } from "./config.ts";
import { HEAD_DENSE, HEAD_OUTPUT, LAYERS } from "./parameters.ts";

/**
 * RoBERTa with a sequence classification head (Liu et al. 2019), as `RobertaForSequenceClassification` computes it:
 * BERT's layers, positions of its own, and a head of two layers in place of the pooler.
 */
export function buildRoberta(
  context: ModelContext,
  config: RobertaConfig,
  _head: HeadSpec,
  batch: BatchShape,
): EncoderOutputs {
  const { graph } = context;
  const embedded = graph.withScope("roberta.embeddings", () => buildEmbeddings(context, config, batch));
  const attend = attendToAll(context, config, batch);
  const hiddenStates = buildEncoderLayers(context, config, LAYERS, embedded, attend);
  const pooled = graph.withScope(HEAD_DENSE, () => {
    const first = firstTokens(hiddenStates.at(-1) as Tensor, batch);
    return context.linear(HEAD_DENSE, context.dropout(first, config.classifierDropout)).tanh();
  });
  const logits = graph.withScope(HEAD_OUTPUT, () =>
    context.linear(HEAD_OUTPUT, context.dropout(pooled, config.classifierDropout)),
  );
  return { hiddenStates, pooled, logits };
}

function buildEmbeddings(context: ModelContext, config: RobertaConfig, batch: BatchShape): Tensor {
  const { graph } = context;
  const { rows, length } = batch;
  const { hiddenSize, typeVocabSize } = config;
  const table = (name: string): Tensor => context.parameter(`roberta.embeddings.${name}_embeddings.weight`);
  const words = table("word").rows(graph.input(ENCODER_INPUTS.inputIds, [rows * length], "i32"));
  // Of one type there is nothing to look up.
  const types =
    typeVocabSize === 1
      ? table("token_type").reshape([hiddenSize])
      : table("token_type").rows(graph.input(ENCODER_INPUTS.typeIds, [rows * length], "i32"));
  const sum = words
    .add(types)
    .reshape([rows, length, hiddenSize])
    .add(positionsOf(context, config, batch, table("position")))
    .reshape([rows * length, hiddenSize]);
  return context.dropout(
    layerNorm(context, config, "roberta.embeddings.LayerNorm", sum),
    config.hiddenDropout,
  );
}

/**
 * Embeddings of the positions, [rows, length, hiddenSize]. Tokens are counted from `firstPosition` on, and all padding,
 * which is on the right, has the position before that.
 */
function positionsOf(
  { graph }: ModelContext,
  { firstPosition }: RobertaConfig,
  { rows, length }: BatchShape,
  table: Tensor,
): Tensor {
  const isToken = graph.input(ENCODER_INPUTS.attentionMask, [rows, length], "f32").reshape([rows, length, 1]);
  const ofTokens = table.slice(0, firstPosition, length).mul(isToken);
  const ofPadding = table.slice(0, firstPosition - 1, 1).mul(isToken.neg().add(1));
  return ofTokens.add(ofPadding);
}
