import type { Tensor } from "@peftbench/runtime";
import type { BatchShape, EncoderOutputs, HeadSpec, ModelContext } from "../architecture.ts";
import { ENCODER_INPUTS } from "../architecture.ts";
import { multiHeadAttention, paddingBias } from "../attention.ts";
import type { BertConfig } from "./config.ts";
import { CLASSIFIER, layerName, POOLER } from "./parameters.ts";

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
  const pooled = buildPooler(context, config, batch, last);
  const logits = graph.withScope(CLASSIFIER, () =>
    context.linear(CLASSIFIER, context.dropout(pooled, config.classifierDropout)),
  );
  return { hiddenStates, pooled, logits };
}

/** What the first token of each row has come to, [rows, hiddenSize], from the last layer's output. */
export function buildPooler(
  context: ModelContext,
  config: BertConfig,
  batch: BatchShape,
  last: Tensor,
): Tensor {
  return context.graph.withScope(POOLER, () => {
    const firstToken = last
      .reshape([batch.rows, batch.length, config.hiddenSize])
      .slice(1, 0, 1)
      .reshape([batch.rows, config.hiddenSize]);
    return context.linear(POOLER, firstToken).tanh();
  });
}

/** Output of the embeddings, then of each layer: [rows * length, hiddenSize]. */
export function buildBertEncoder(
  context: ModelContext,
  config: BertConfig,
  batch: BatchShape,
): readonly Tensor[] {
  const { graph } = context;
  const embedded = graph.withScope("bert.embeddings", () => buildEmbeddings(context, config, batch));
  const bias = paddingBias(
    graph.input(ENCODER_INPUTS.attentionMask, [batch.rows, batch.length], "f32"),
    batch,
  );
  const hiddenStates = [embedded];
  let hidden = embedded;
  for (let index = 0; index < config.layers; index++) {
    hidden = graph.withScope(layerName(index), () =>
      buildLayer(context, config, layerName(index), hidden, bias, batch),
    );
    hiddenStates.push(hidden);
  }
  return hiddenStates;
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

function buildLayer(
  context: ModelContext,
  config: BertConfig,
  layer: string,
  hidden: Tensor,
  bias: Tensor,
  batch: BatchShape,
): Tensor {
  const attended = multiHeadAttention(
    context,
    context.linear(`${layer}.attention.self.query`, hidden),
    context.linear(`${layer}.attention.self.key`, hidden),
    context.linear(`${layer}.attention.self.value`, hidden),
    { batch, heads: config.heads, bias, dropout: config.attentionDropout },
  );
  const projected = context.dropout(
    context.linear(`${layer}.attention.output.dense`, attended),
    config.hiddenDropout,
  );
  const afterAttention = layerNorm(
    context,
    config,
    `${layer}.attention.output.LayerNorm`,
    projected.add(hidden),
  );
  const wide = activate(config, context.linear(`${layer}.intermediate.dense`, afterAttention));
  const narrow = context.dropout(context.linear(`${layer}.output.dense`, wide), config.hiddenDropout);
  return layerNorm(context, config, `${layer}.output.LayerNorm`, narrow.add(afterAttention));
}

/** The activation that the configuration names. */
export function activate(config: BertConfig, x: Tensor): Tensor {
  switch (config.activation) {
    case "gelu":
      return x.gelu();
    case "geluTanh":
      return x.gelu("tanh");
    case "relu":
      return x.relu();
  }
}

/** Layer normalization with the parameters below `name`. */
export function layerNorm(
  context: Pick<ModelContext, "parameter">,
  config: BertConfig,
  name: string,
  x: Tensor,
): Tensor {
  return x.layerNorm(
    context.parameter(`${name}.weight`),
    context.parameter(`${name}.bias`),
    config.layerNormEpsilon,
  );
}
