import type { Tensor } from "@peftbench/runtime";
import type { BatchShape, EncoderOutputs, HeadSpec, ModelContext } from "../architecture.ts";
import { ENCODER_INPUTS } from "../architecture.ts";
import { attendToAll } from "../attention.ts";
import { buildEncoderLayers, firstTokens, layerNorm } from "../encoderLayers.ts";
import type { BertConfig } from "./config.ts";
import { CLASSIFIER, LAYERS, POOLER } from "./parameters.ts";

/** BERT with a sequence classification head (Devlin et al. 2019), as `BertForSequenceClassification` computes it. */
export function buildBert(
  context: ModelContext,
  config: BertConfig,
  _head: HeadSpec,
  batch: BatchShape,
): EncoderOutputs {
  const { graph } = context;
  const hiddenStates = buildBertEncoder(context, config, batch);
  const last = hiddenStates.at(-1) as Tensor;
  const pooled = buildPooler(context, batch, last);
  const logits = graph.withScope(CLASSIFIER, () =>
    context.linear(CLASSIFIER, context.dropout(pooled, config.classifierDropout)),
  );
  return { hiddenStates, pooled, logits };
}

/** What the first token of each row has come to, [rows, hiddenSize], from the last layer's output. */
export function buildPooler(context: ModelContext, batch: BatchShape, last: Tensor): Tensor {
  return context.graph.withScope(POOLER, () => context.linear(POOLER, firstTokens(last, batch)).tanh());
}

/** Output of the embeddings, then of each layer: [rows * length, hiddenSize]. */
export function buildBertEncoder(
  context: ModelContext,
  config: BertConfig,
  batch: BatchShape,
): readonly Tensor[] {
  const embedded = context.graph.withScope("bert.embeddings", () => buildEmbeddings(context, config, batch));
  return buildEncoderLayers(context, config, LAYERS, embedded, attendToAll(context, config, batch));
}

function buildEmbeddings(context: ModelContext, config: BertConfig, batch: BatchShape): Tensor {
  const { graph } = context;
  const tokens = batch.rows * batch.length;
  const table = (name: string): Tensor => context.parameter(`bert.embeddings.${name}_embeddings.weight`);
  const words = table("word").rows(graph.input(ENCODER_INPUTS.inputIds, [tokens], "i32"));
  const types = table("token_type").rows(graph.input(ENCODER_INPUTS.typeIds, [tokens], "i32"));
  const positions = table("position").slice(0, 0, batch.length);
  const sum = words
    .add(types)
    .reshape([batch.rows, batch.length, config.hiddenSize])
    .add(positions)
    .reshape([tokens, config.hiddenSize]);
  return context.dropout(layerNorm(context, config, "bert.embeddings.LayerNorm", sum), config.hiddenDropout);
}
