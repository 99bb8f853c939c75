import type { Tensor } from "@peftbench/runtime";
import { activate } from "../activation.ts";
import type { BatchShape, EncoderOutputs, HeadSpec, ModelContext } from "../architecture.ts";
import { DECODER_INPUTS, ENCODER_INPUTS, targetLengthOf } from "../architecture.ts";
import { attendHeads } from "../attendHeads.ts";
import { OUTPUT_EMBEDDINGS } from "../decoderHead.ts";
import { layerNorm } from "../encoderLayers.ts";
import type { ScoreMask } from "../scoreMask.ts";
import { laterMask, paddingBias, paddingMask } from "../scoreMask.ts";
import type { BartConfig } from "./config.ts";
import type { Stack } from "./parameters.ts";
import { POSITION_OFFSET, SHARED } from "./parameters.ts";

/** Hidden states of a stack [rows * length, hiddenSize]. */
interface Tokens {
  readonly states: Tensor;
  readonly length: number;
}

/**
 * BART (Lewis et al. 2020), as `BartForConditionalGeneration` computes it: an encoder, and a decoder that reads it, each
 * normed after the residuals. Hidden states are the decoder's. Padding of the source is on the right; the target's needs
 * no mask, as nothing before it reads it.
 */
export function buildBart(
  context: ModelContext,
  config: BartConfig,
  _head: HeadSpec,
  batch: BatchShape,
): EncoderOutputs {
  const { graph } = context;
  const { rows, length } = batch;
  const targetLength = targetLengthOf(batch);
  const mask = paddingMask(paddingBias(graph.input(ENCODER_INPUTS.attentionMask, [rows, length], "f32")));
  const sourceIds = graph.input(ENCODER_INPUTS.inputIds, [rows * length], "i32");
  const targetIds = graph.input(DECODER_INPUTS.decoderInputIds, [rows * targetLength], "i32");

  let source: Tokens = { states: embed(context, config, "encoder", sourceIds, rows), length };
  for (let index = 0; index < config.encoder.layers; index++) {
    const layer = `model.encoder.layers.${index}`;
    const read = source;
    const states = graph.withLayer(layer, () => {
      const attended = attend(context, config, "encoder", `${layer}.self_attn`, read, read, mask);
      return feedForward(context, config, layer, attended);
    });
    source = { states, length };
  }

  const later = laterMask(context, rows, targetLength);
  let hidden = embed(context, config, "decoder", targetIds, rows);
  const hiddenStates = [hidden];
  for (let index = 0; index < config.decoder.layers; index++) {
    const layer = `model.decoder.layers.${index}`;
    hidden = graph.withLayer(layer, () => {
      const target = (states: Tensor): Tokens => ({ states, length: targetLength });
      const own = target(hidden);
      const attended = attend(context, config, "decoder", `${layer}.self_attn`, own, own, later);
      const crossed = attend(
        context,
        config,
        "decoder",
        `${layer}.encoder_attn`,
        target(attended),
        source,
        mask,
      );
      return feedForward(context, config, layer, crossed);
    });
    hiddenStates.push(hidden);
  }
  const logits = graph.withScope(OUTPUT_EMBEDDINGS, () =>
    hidden.matmul(context.parameter(`${SHARED}.weight`), { transposeB: true }),
  );
  return { hiddenStates, pooled: null, logits };
}

function embed(
  context: ModelContext,
  config: BartConfig,
  stack: Stack,
  ids: Tensor<"i32">,
  rows: number,
): Tensor {
  const { hiddenSize, embeddingScale, dropout } = config;
  const name = `model.${stack}`;
  return context.graph.withScope(name, () => {
    const tokens = ids.size(0);
    const words = context.parameter(`${SHARED}.weight`).rows(ids);
    const scaled = embeddingScale === 1 ? words : words.mul(embeddingScale);
    const positions = context
      .parameter(`${name}.embed_positions.weight`)
      .slice(0, POSITION_OFFSET, tokens / rows);
    const sum = scaled
      .reshape([rows, tokens / rows, hiddenSize])
      .add(positions)
      .reshape([tokens, hiddenSize]);
    return context.dropout(layerNorm(context, config, `${name}.layernorm_embedding`, sum), dropout);
  });
}

/** Attention of one sequence to another or itself, with residual and norm. */
function attend(
  context: ModelContext,
  config: BartConfig,
  stack: Stack,
  module: string,
  reader: Tokens,
  read: Tokens,
  mask: ScoreMask,
): Tensor {
  const { hiddenSize, attentionDropout, dropout } = config;
  const { heads } = config[stack];
  const headSize = hiddenSize / heads;
  const rows = reader.states.size(0) / reader.length;
  const split = (name: string, { states, length }: Tokens): Tensor =>
    context.linear(`${module}.${name}`, states).reshape([rows, length, heads, headSize]);
  const parts = { query: split("q_proj", reader), key: split("k_proj", read), value: split("v_proj", read) };
  const scale = 1 / Math.sqrt(headSize);
  const attended = attendHeads(context, parts, { mask, scale, dropout: attentionDropout });
  const projected = context.dropout(context.linear(`${module}.out_proj`, attended), dropout);
  return layerNorm(context, config, `${module}_layer_norm`, reader.states.add(projected));
}

function feedForward(context: ModelContext, config: BartConfig, layer: string, x: Tensor): Tensor {
  const wide = activate(config, context.linear(`${layer}.fc1`, x));
  const narrow = context.linear(`${layer}.fc2`, context.dropout(wide, config.activationDropout));
  const dropped = context.dropout(narrow, config.dropout);
  return layerNorm(context, config, `${layer}.final_layer_norm`, x.add(dropped));
}
