import type { Tensor } from "@peftbench/runtime";
import type { BatchShape, EncoderOutputs, HeadSpec, ModelContext } from "../architecture.ts";
import { ENCODER_INPUTS } from "../architecture.ts";
import { decoderHead, OUTPUT_EMBEDDINGS } from "../decoderHead.ts";
import { rmsNorm } from "../rmsNorm.ts";
import { rotaryAttention } from "./attention.ts";
import type { LlamaConfig } from "./config.ts";
import { EMBEDDINGS, FINAL_NORM, LAYERS } from "./parameters.ts";

/**
 * Llama (Touvron et al. 2023) as a language model, as `LlamaForCausalLM` computes it; or with a sequence classification
 * head, as `LlamaForSequenceClassification` does: the last token of a row, which has read all the others, is what is
 * classified. Padding is on the right.
 */
export function buildLlama(
  context: ModelContext,
  config: LlamaConfig,
  head: HeadSpec,
  batch: BatchShape,
): EncoderOutputs {
  const { graph } = context;
  const attend = rotaryAttention(context, config, batch);
  const ids = graph.input(ENCODER_INPUTS.inputIds, [batch.rows * batch.length], "i32");
  let hidden = graph.withScope(EMBEDDINGS, () => context.parameter(`${EMBEDDINGS}.weight`).rows(ids));
  const hiddenStates = [hidden];
  for (let index = 0; index < config.layers; index++) {
    const layer = `${LAYERS}.${index}`;
    hidden = graph.withLayer(layer, () => {
      const normed = rmsNorm(context, config.normEpsilon, `${layer}.input_layernorm`, hidden);
      const attended = hidden.add(attend(layer, normed));
      return attended.add(feedForward(context, config, layer, attended));
    });
    hiddenStates.push(hidden);
  }
  const last = graph.withScope(FINAL_NORM, () => rmsNorm(context, config.normEpsilon, FINAL_NORM, hidden));
  hiddenStates[hiddenStates.length - 1] = last;
  const outputTable = `${config.tiedEmbeddings ? EMBEDDINGS : OUTPUT_EMBEDDINGS}.weight`;
  return { hiddenStates, ...decoderHead(context, head, last, batch, outputTable) };
}

/** SwiGLU (Shazeer 2020) on x [rows * length, hiddenSize]. */
function feedForward(context: ModelContext, config: LlamaConfig, layer: string, x: Tensor): Tensor {
  const normed = rmsNorm(context, config.normEpsilon, `${layer}.post_attention_layernorm`, x);
  const gate = context.linear(`${layer}.mlp.gate_proj`, normed).silu();
  return context.linear(`${layer}.mlp.down_proj`, gate.mul(context.linear(`${layer}.mlp.up_proj`, normed)));
}
