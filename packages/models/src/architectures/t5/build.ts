import type { Tensor } from "@peftbench/runtime";
import type { BatchShape, EncoderOutputs, HeadSpec, ModelContext } from "../architecture.ts";
import { DECODER_INPUTS, ENCODER_INPUTS, targetLengthOf } from "../architecture.ts";
import { attendHeads } from "../attendHeads.ts";
import { AttentionError } from "../config.ts";
import { OUTPUT_EMBEDDINGS } from "../decoderHead.ts";
import { rmsNorm } from "../rmsNorm.ts";
import { hideLater, paddingBias, paddingMask } from "../scoreMask.ts";
import type { T5Config } from "./config.ts";
import { blockName, SHARED, SUBLAYERS } from "./parameters.ts";
import { positionBias } from "./positionBias.ts";

/** What one attention reads: tokens and their number in a row, and what is added to its scores. */
interface Attended {
  readonly states: Tensor;
  readonly length: number;
  readonly bias: Tensor;
}

/**
 * T5 (Raffel et al. 2020) and its v1.1, as `T5ForConditionalGeneration` computes them: an encoder, and a decoder that
 * reads it, with learned biases by distance in place of positions. Hidden states are the decoder's. Padding of the source
 * is on the right; the target's needs no mask, as nothing before it reads it.
 * @throws {AttentionError} where the context asks for fused attention
 */
export function buildT5(
  context: ModelContext,
  config: T5Config,
  _head: HeadSpec,
  batch: BatchShape,
): EncoderOutputs {
  if (context.attention === "fused")
    throw new AttentionError("T5", "the fused op has no learned bias by distance");
  const { graph } = context;
  const { rows, length } = batch;
  const targetLength = targetLengthOf(batch);
  const padding = paddingBias(graph.input(ENCODER_INPUTS.attentionMask, [rows, length], "f32"));
  const sourceIds = graph.input(ENCODER_INPUTS.inputIds, [rows * length], "i32");
  const targetIds = graph.input(DECODER_INPUTS.decoderInputIds, [rows * targetLength], "i32");

  const sourceBias = graph.withScope("encoder", () =>
    positionBias(context, config, "encoder", length).add(padding),
  );
  const encoded = stack(context, config, "encoder", sourceIds, (layer, hidden) =>
    attend(
      context,
      config,
      `${layer}.0.SelfAttention`,
      hidden,
      { states: hidden, length, bias: sourceBias },
      length,
    ),
  ).at(-1) as Tensor;

  const targetBias = graph.withScope("decoder", () =>
    positionBias(context, config, "decoder", targetLength).add(hideLater(graph, targetLength)),
  );
  const source: Attended = { states: encoded, length, bias: padding };
  const hiddenStates = stack(
    context,
    config,
    "decoder",
    targetIds,
    (layer, hidden) =>
      attend(
        context,
        config,
        `${layer}.0.SelfAttention`,
        hidden,
        { states: hidden, length: targetLength, bias: targetBias },
        targetLength,
      ),
    (layer, hidden) => attend(context, config, `${layer}.1.EncDecAttention`, hidden, source, targetLength),
  );
  const logits = graph.withScope(OUTPUT_EMBEDDINGS, () => {
    const last = hiddenStates.at(-1) as Tensor;
    const scaled = config.tiedEmbeddings ? last.mul(config.hiddenSize ** -0.5) : last;
    const table = config.tiedEmbeddings ? SHARED : OUTPUT_EMBEDDINGS;
    return scaled.matmul(context.parameter(`${table}.weight`), { transposeB: true });
  });
  return { hiddenStates, pooled: null, logits };
}

/** A sub-layer on its normed input, before the residual. */
type Sublayer = (layer: string, normed: Tensor) => Tensor;

/** Embeddings, then the output of each block, the last one normed: [rows * length, hiddenSize]. */
function stack(
  context: ModelContext,
  config: T5Config,
  name: "encoder" | "decoder",
  ids: Tensor<"i32">,
  ...attentions: readonly Sublayer[]
): readonly Tensor[] {
  const { graph } = context;
  const drop = (x: Tensor): Tensor => context.dropout(x, config.dropout);
  let hidden = graph.withScope(SHARED, () => drop(context.parameter(`${SHARED}.weight`).rows(ids)));
  const hiddenStates = [hidden];
  const blocks = name === "encoder" ? config.encoderLayers : config.decoderLayers;
  for (let index = 0; index < blocks; index++) {
    const block = blockName(name, index);
    hidden = graph.withLayer(block, () => {
      const sublayers: readonly Sublayer[] = [
        ...attentions,
        (layer, normed) => feedForward(context, config, `${layer}.${SUBLAYERS[name].feedForward}`, normed),
      ];
      return sublayers.reduce((x, sublayer, place) => {
        const normed = rmsNorm(context, config.normEpsilon, `${block}.layer.${place}.layer_norm`, x);
        return x.add(drop(sublayer(`${block}.layer`, normed)));
      }, hidden);
    });
    hiddenStates.push(hidden);
  }
  const norm = `${name}.final_layer_norm`;
  hiddenStates[blocks] = graph.withScope(norm, () =>
    drop(rmsNorm(context, config.normEpsilon, norm, hidden)),
  );
  return hiddenStates;
}

/** Attention without a scale, as T5's weights have it in them. */
function attend(
  context: ModelContext,
  { heads, headSize, dropout }: T5Config,
  module: string,
  hidden: Tensor,
  { states, length, bias }: Attended,
  queryLength: number,
): Tensor {
  const rows = hidden.size(0) / queryLength;
  const split = (x: Tensor, tokens: number): Tensor => x.reshape([rows, tokens, heads, headSize]);
  const parts = {
    query: split(context.linear(`${module}.q`, hidden), queryLength),
    key: split(context.linear(`${module}.k`, states), length),
    value: split(context.linear(`${module}.v`, states), length),
  };
  return context.linear(
    `${module}.o`,
    attendHeads(context, parts, { mask: paddingMask(bias), scale: 1, dropout }),
  );
}

function feedForward(context: ModelContext, config: T5Config, layer: string, x: Tensor): Tensor {
  const linear = (name: string, input: Tensor): Tensor =>
    context.linear(`${layer}.DenseReluDense.${name}`, input);
  const wide = config.gated ? linear("wi_0", x).gelu("tanh").mul(linear("wi_1", x)) : linear("wi", x).relu();
  return linear("wo", context.dropout(wide, config.dropout));
}
