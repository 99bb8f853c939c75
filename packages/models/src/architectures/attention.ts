import type { Tensor } from "@peftbench/runtime";
import type { BatchShape, ModelContext } from "./architecture.ts";
import { ENCODER_INPUTS } from "./architecture.ts";
import { attendHeads } from "./attendHeads.ts";
import type { EncoderConfig } from "./encoderConfig.ts";
import type { Attend } from "./encoderLayers.ts";
import { paddingBias, paddingMask } from "./scoreMask.ts";

/** Attention of BERT's layers: every token attends to every token of its row, by the modules query, key and value. */
export function attendToAll(context: ModelContext, config: EncoderConfig, batch: BatchShape): Attend {
  const { rows, length } = batch;
  const attentionMask = context.graph.input(ENCODER_INPUTS.attentionMask, [rows, length], "f32");
  const mask = paddingMask(paddingBias(attentionMask));
  const { heads, attentionDropout: dropout } = config;
  return (layer, hidden) => {
    const headSize = hidden.size(-1) / heads;
    const split = (name: string): Tensor =>
      context.linear(`${layer}.attention.self.${name}`, hidden).reshape([rows, length, heads, headSize]);
    const parts = { query: split("query"), key: split("key"), value: split("value") };
    return attendHeads(context, parts, { mask, scale: 1 / Math.sqrt(headSize), dropout });
  };
}
