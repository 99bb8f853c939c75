import type { Tensor } from "@peftbench/runtime";
import type { BatchShape, EncoderOutputs, HeadSpec, ModelContext } from "../architecture.ts";
import { ENCODER_INPUTS } from "../architecture.ts";
import { AttentionError } from "../config.ts";
import { causalAttention } from "./attention.ts";
import type { LlamaConfig } from "./config.ts";
import { EMBEDDINGS, FINAL_NORM, LAYERS, OUTPUT_EMBEDDINGS, SCORE } from "./parameters.ts";

/**
 * Llama (Touvron et al. 2023) as a language model, as `LlamaForCausalLM` computes it; or with a sequence classification
 * head, as `LlamaForSequenceClassification` does: the last token of a row, which has read all the others, is what is
 * classified. Padding is on the right.
 * @throws {AttentionError} where the context asks for fused attention
 */
export function buildLlama(
  context: ModelContext,
  config: LlamaConfig,
  head: HeadSpec,
  batch: BatchShape,
): EncoderOutputs {
  if (context.attention === "fused") throw new AttentionError("Llama", "the fused op has no causal mask");
  const { graph } = context;
  const attend = causalAttention(context, config, batch);
  const ids = graph.input(ENCODER_INPUTS.inputIds, [batch.rows * batch.length], "i32");
  let hidden = graph.withScope(EMBEDDINGS, () => context.parameter(`${EMBEDDINGS}.weight`).rows(ids));
  const hiddenStates = [hidden];
  for (let index = 0; index < config.layers; index++) {
    const layer = `${LAYERS}.${index}`;
    hidden = graph.withLayer(layer, () => {
      const normed = rmsNorm(context, config, `${layer}.input_layernorm`, hidden);
      const attended = hidden.add(attend(layer, normed));
      return attended.add(feedForward(context, config, layer, attended));
    });
    hiddenStates.push(hidden);
  }
  const last = graph.withScope(FINAL_NORM, () => rmsNorm(context, config, FINAL_NORM, hidden));
  hiddenStates[hiddenStates.length - 1] = last;
  if (head.kind === "languageModel") {
    const table = context.parameter(`${config.tiedEmbeddings ? EMBEDDINGS : OUTPUT_EMBEDDINGS}.weight`);
    const logits = graph.withScope(OUTPUT_EMBEDDINGS, () => last.matmul(table, { transposeB: true }));
    return { hiddenStates, pooled: null, logits };
  }
  const pooled = graph.withScope(SCORE, () => lastTokens(context, last, batch));
  const logits = graph.withScope(SCORE, () => context.linear(SCORE, pooled));
  return { hiddenStates, pooled, logits };
}

/** SwiGLU (Shazeer 2020) on x [rows * length, hiddenSize]. */
function feedForward(context: ModelContext, config: LlamaConfig, layer: string, x: Tensor): Tensor {
  const normed = rmsNorm(context, config, `${layer}.post_attention_layernorm`, x);
  const gate = context.linear(`${layer}.mlp.gate_proj`, normed).silu();
  return context.linear(`${layer}.mlp.down_proj`, gate.mul(context.linear(`${layer}.mlp.up_proj`, normed)));
}

/** Root mean square normalization (Zhang and Sennrich 2019) of the last axis. */
function rmsNorm(
  context: Pick<ModelContext, "parameter">,
  { normEpsilon }: LlamaConfig,
  name: string,
  x: Tensor,
): Tensor {
  const scale = x.square().mean([-1], true).add(normEpsilon).sqrt().reciprocal();
  return x.mul(scale).mul(context.parameter(`${name}.weight`));
}

/** The last token of each row that is no padding, [rows, hiddenSize], of hidden states [rows * length, hiddenSize]. */
function lastTokens({ graph }: ModelContext, hidden: Tensor, { rows, length }: BatchShape): Tensor {
  const hiddenSize = hidden.size(-1);
  const mask = graph.input(ENCODER_INPUTS.attentionMask, [rows, length], "f32");
  const next =
    length === 1 ? mask.mul(0) : mask.slice(1, 1, length - 1).concat([mask.slice(1, 0, 1).mul(0)], 1);
  // A one at the last token alone. As a product, picking has a gradient that needs no scatter.
  const isLast = mask.sub(next).reshape([rows, 1, length]);
  return isLast.matmul(hidden.reshape([rows, length, hiddenSize])).reshape([rows, hiddenSize]);
}
