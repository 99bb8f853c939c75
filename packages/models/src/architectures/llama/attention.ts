import type { Tensor } from "@peftbench/runtime";
import type { BatchShape, ModelContext } from "../architecture.ts";
import { ENCODER_INPUTS } from "../architecture.ts";
import { attendHeads } from "../attendHeads.ts";
import type { Attend } from "../encoderLayers.ts";
import type { ScoreMask } from "../scoreMask.ts";
import { causalMask, paddingBias } from "../scoreMask.ts";
import type { LlamaConfig } from "./config.ts";
import { rotaryTurn, rotaryTurnAt } from "./rotary.ts";

/** Causal attention with rotary positions, output projection included. */
export function rotaryAttention(context: ModelContext, config: LlamaConfig, batch: BatchShape): Attend {
  const { rows, length } = batch;
  const { heads, keyValueHeads, headSize, attentionDropout } = config;
  const { graph, decoding } = context;
  const turn =
    decoding === null
      ? rotaryTurn(graph, config.rotary, length, headSize)
      : rotaryTurnAt(graph, config.rotary, decoding, { rows, length, headSize });
  const mask = (): ScoreMask =>
    causalMask(context, paddingBias(graph.input(ENCODER_INPUTS.attentionMask, [rows, length], "f32")));
  const keep = (name: string, states: Tensor): Tensor => decoding?.keep(name, states) ?? states;
  const options = {
    mask: decoding?.mask ?? mask(),
    scale: 1 / Math.sqrt(headSize),
    dropout: attentionDropout,
  };
  return (layer, hidden) => {
    const linear = (name: string, x: Tensor): Tensor => context.linear(`${layer}.self_attn.${name}`, x);
    const split = (name: string, count: number): Tensor =>
      linear(name, hidden).reshape([rows, length, count, headSize]);
    const parts = {
      query: turn(split("q_proj", heads)),
      key: keep(`${layer}.self_attn.key`, turn(split("k_proj", keyValueHeads))),
      value: keep(`${layer}.self_attn.value`, split("v_proj", keyValueHeads)),
    };
    return linear("o_proj", attendHeads(context, parts, options));
  };
}
