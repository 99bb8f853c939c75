import type { Tensor } from "@peftbench/runtime";
import type { BatchShape, ModelContext } from "../architecture.ts";
import { ENCODER_INPUTS } from "../architecture.ts";
import { attendHeads } from "../attendHeads.ts";
import type { Attend } from "../encoderLayers.ts";
import { causalMask, paddingBias } from "../scoreMask.ts";
import type { LlamaConfig } from "./config.ts";
import { rotaryTurn } from "./rotary.ts";

/** Causal attention with rotary positions, output projection included. */
export function rotaryAttention(context: ModelContext, config: LlamaConfig, batch: BatchShape): Attend {
  const { rows, length } = batch;
  const { heads, keyValueHeads, headSize, attentionDropout } = config;
  const turn = rotaryTurn(context.graph, config.rotary, length, headSize);
  const padding = context.graph.input(ENCODER_INPUTS.attentionMask, [rows, length], "f32");
  const options = {
    mask: causalMask(context, paddingBias(padding)),
    scale: 1 / Math.sqrt(headSize),
    dropout: attentionDropout,
  };
  return (layer, hidden) => {
    const linear = (name: string, x: Tensor): Tensor => context.linear(`${layer}.self_attn.${name}`, x);
    const split = (name: string, count: number): Tensor =>
      linear(name, hidden).reshape([rows, length, count, headSize]);
    const parts = {
      query: turn(split("q_proj", heads)),
      key: turn(split("k_proj", keyValueHeads)),
      value: split("v_proj", keyValueHeads),
    };
    return linear("o_proj", attendHeads(context, parts, options));
  };
}
