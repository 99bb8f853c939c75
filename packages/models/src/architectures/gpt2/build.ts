import type { Tensor } from "@peftbench/runtime";
import { activate } from "../activation.ts";
import type { BatchShape, EncoderOutputs, HeadSpec, ModelContext } from "../architecture.ts";
import { ENCODER_INPUTS } from "../architecture.ts";
import { attendHeads } from "../attendHeads.ts";
import { decoderHead } from "../decoderHead.ts";
import { layerNorm } from "../encoderLayers.ts";
import type { ScoreMask } from "../scoreMask.ts";
import { causalMask, paddingBias } from "../scoreMask.ts";
import type { Gpt2Config } from "./config.ts";
import { FINAL_NORM, LAYERS, POSITIONS, WORDS } from "./parameters.ts";

/**
 * GPT-2 (Radford et al. 2019) as a language model, as `GPT2LMHeadModel` computes it, or as a classifier, as
 * `GPT2ForSequenceClassification` does. Padding is on the right.
 */
export function buildGpt2(
  context: ModelContext,
  config: Gpt2Config,
  head: HeadSpec,
  batch: BatchShape,
): EncoderOutputs {
  const { graph } = context;
  const whole = (): ScoreMask =>
    causalMask(
      context,
      paddingBias(graph.input(ENCODER_INPUTS.attentionMask, [batch.rows, batch.length], "f32")),
    );
  const mask = context.decoding?.mask ?? whole();
  let hidden = graph.withScope("transformer", () => buildEmbeddings(context, config, batch));
  const hiddenStates = [hidden];
  for (let index = 0; index < config.layers; index++) {
    const layer = `${LAYERS}.${index}`;
    hidden = graph.withLayer(layer, () => {
      const attended = hidden.add(selfAttention(context, config, layer, hidden, { batch, mask }));
      return attended.add(feedForward(context, config, layer, attended));
    });
    hiddenStates.push(hidden);
  }
  const last = graph.withScope(FINAL_NORM, () => layerNorm(context, config, FINAL_NORM, hidden));
  hiddenStates[hiddenStates.length - 1] = last;
  return { hiddenStates, ...decoderHead(context, head, last, batch, `${WORDS}.weight`) };
}

function buildEmbeddings(context: ModelContext, config: Gpt2Config, batch: BatchShape): Tensor {
  const { rows, length } = batch;
  const ids = context.graph.input(ENCODER_INPUTS.inputIds, [rows * length], "i32");
  const words = context.parameter(`${WORDS}.weight`).rows(ids);
  const table = context.parameter(`${POSITIONS}.weight`);
  const sum =
    context.decoding === null
      ? words.reshape([rows, length, config.hiddenSize]).add(table.slice(0, 0, length))
      : words.add(table.rows(context.decoding.positions));
  return context.dropout(sum.reshape([rows * length, config.hiddenSize]), config.embeddingDropout);
}

function selfAttention(
  context: ModelContext,
  config: Gpt2Config,
  layer: string,
  x: Tensor,
  { batch, mask }: { readonly batch: BatchShape; readonly mask: ScoreMask },
): Tensor {
  const { heads, hiddenSize, attentionDropout, residualDropout } = config;
  const normed = layerNorm(context, config, `${layer}.ln_1`, x);
  const all = context.linear(`${layer}.attn.c_attn`, normed);
  const part = (index: number): Tensor =>
    all
      .slice(1, index * hiddenSize, hiddenSize)
      .reshape([batch.rows, batch.length, heads, hiddenSize / heads]);
  const keep = (name: string, states: Tensor): Tensor => context.decoding?.keep(name, states) ?? states;
  const parts = {
    query: part(0),
    key: keep(`${layer}.attn.key`, part(1)),
    value: keep(`${layer}.attn.value`, part(2)),
  };
  const scale = 1 / Math.sqrt(hiddenSize / heads);
  const attended = attendHeads(context, parts, { mask, scale, dropout: attentionDropout });
  return context.dropout(context.linear(`${layer}.attn.c_proj`, attended), residualDropout);
}

function feedForward(context: ModelContext, config: Gpt2Config, layer: string, x: Tensor): Tensor {
  const normed = layerNorm(context, config, `${layer}.ln_2`, x);
  const wide = activate(config, context.linear(`${layer}.mlp.c_fc`, normed));
  return context.dropout(context.linear(`${layer}.mlp.c_proj`, wide), config.residualDropout);
}
