import type { Tensor } from "@peftbench/runtime";
import { activate } from "./activation.ts";
import type { BatchShape, ModelContext } from "./architecture.ts";
import type { EncoderConfig } from "./encoderConfig.ts";

/** Attention of the layer `name` on its input [rows * length, hiddenSize], before the output projection. */
export type Attend = (name: string, hidden: Tensor) => Tensor;

/**
 * The layers `prefix.0`, `prefix.1`, ... as BERT has them, normalized after each residual, around an attention of the
 * architecture's own. Output of the embeddings, then of each layer: [rows * length, hiddenSize].
 */
export function buildEncoderLayers(
  context: ModelContext,
  config: EncoderConfig,
  prefix: string,
  embedded: Tensor,
  attend: Attend,
): readonly Tensor[] {
  const hiddenStates = [embedded];
  let hidden = embedded;
  for (let index = 0; index < config.layers; index++) {
    const name = `${prefix}.${index}`;
    hidden = context.graph.withLayer(name, () => buildLayer(context, config, name, hidden, attend));
    hiddenStates.push(hidden);
  }
  return hiddenStates;
}

function buildLayer(
  context: ModelContext,
  config: EncoderConfig,
  layer: string,
  hidden: Tensor,
  attend: Attend,
): Tensor {
  const projected = context.dropout(
    context.linear(`${layer}.attention.output.dense`, attend(layer, hidden)),
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

/** Layer normalization with the parameters below `name`. */
export function layerNorm(
  context: Pick<ModelContext, "parameter">,
  config: Pick<EncoderConfig, "layerNormEpsilon">,
  name: string,
  x: Tensor,
): Tensor {
  return x.layerNorm(
    context.parameter(`${name}.weight`),
    context.parameter(`${name}.bias`),
    config.layerNormEpsilon,
  );
}

/** First token of each row, [rows, hiddenSize], of hidden states [rows * length, hiddenSize]. */
export function firstTokens(hidden: Tensor, { rows, length }: BatchShape): Tensor {
  const hiddenSize = hidden.size(-1);
  return hidden.reshape([rows, length, hiddenSize]).slice(1, 0, 1).reshape([rows, hiddenSize]);
}
