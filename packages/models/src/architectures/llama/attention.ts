import type { Tensor } from "@peftbench/runtime";
import type { BatchShape, ModelContext } from "../architecture.ts";
import { ENCODER_INPUTS } from "../architecture.ts";
import { MASKED_SCORE, paddingBias } from "../attention.ts";
import type { Attend } from "../encoderLayers.ts";
import type { LlamaConfig } from "./config.ts";
import { rotaryTurn } from "./rotary.ts";

/**
 * Attention of each token to itself and those before it, with rotary positions. Queries that share a head of keys and
 * values are rows of one product with it, so keys and values are never repeated.
 */
export function causalAttention(context: ModelContext, config: LlamaConfig, batch: BatchShape): Attend {
  const { graph } = context;
  const { rows, length } = batch;
  const { heads, keyValueHeads, headSize } = config;
  const turn = rotaryTurn(graph, config.rotary, length, headSize);
  const mask = graph.input(ENCODER_INPUTS.attentionMask, [rows, length], "f32");
  const bias = paddingBias(mask, batch).add(causalBias(context, length));
  const grouped = [rows, keyValueHeads, (heads / keyValueHeads) * length, headSize];

  const split = (x: Tensor, count: number): Tensor => x.reshape([rows, length, count, headSize]);
  const headsFirst = (x: Tensor): Tensor => x.transpose([0, 2, 1, 3]);
  return (layer, hidden) => {
    const linear = (name: string): Tensor => context.linear(`${layer}.self_attn.${name}`, hidden);
    const query = headsFirst(turn(split(linear("q_proj"), heads))).reshape(grouped);
    const key = headsFirst(turn(split(linear("k_proj"), keyValueHeads)));
    const value = headsFirst(split(linear("v_proj"), keyValueHeads));
    const scores = query
      .matmul(key, { transposeB: true, scale: 1 / Math.sqrt(headSize), recomputable: true })
      .reshape([rows, heads, length, length]);
    const probabilities = context.dropout(scores.add(bias).softmax(), config.attentionDropout);
    const attended = probabilities
      .reshape([rows, keyValueHeads, (heads / keyValueHeads) * length, length])
      .matmul(value)
      .reshape([rows, heads, length, headSize]);
    return context.linear(
      `${layer}.self_attn.o_proj`,
      headsFirst(attended).reshape([rows * length, heads * headSize]),
    );
  };
}

/** Hides what comes after a token, [1, 1, length, length]. */
function causalBias({ graph }: ModelContext, length: number): Tensor {
  const values = new Float32Array(length * length);
  for (let query = 0; query < length; query++)
    values.fill(MASKED_SCORE, query * length + query + 1, (query + 1) * length);
  return graph.constant([1, 1, length, length], "f32", values);
}
