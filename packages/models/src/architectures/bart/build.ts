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
  const targetIds = graph.input(DECODER_INPUTS.decoderInputIds, [rows * targetLength], "i32");

  const { decoding } = context;
  // Where a token is read after others, the source is known by its keys and values alone.
  let encoded: Tokens | null = null;
  const source = (): Tokens => (encoded ??= encode(context, config, batch, mask));
  if (decoding === null || decoding.readsSource) source();

  const later = decoding?.mask ?? laterMask(context, rows, targetLength);
  let hidden = embed(context, config, "decoder", targetIds, rows);
  const hiddenStates = [hidden];
  for (let index = 0; index < config.decoder.layers; index++) {
    const layer = `model.decoder.layers.${index}`;
    hidden = graph.withLayer(layer, () => {
      const own: Tokens = { states: hidden, length: targetLength };
      const keep = (name: string, states: Tensor): Tensor => decoding?.keep(name, states) ?? states;
      const attended = attend(context, config, "decoder", `${layer}.self_attn`, own, later, (name) =>
        keep(
          `${layer}.self_attn.${name}`,
          project(context, config, "decoder", `${layer}.self_attn.${name}`, own),
        ),
      );
      const shape = [rows, length, config.decoder.heads, config.hiddenSize / config.decoder.heads];
      const target: Tokens = { states: attended, length: targetLength };
      const crossed = attend(context, config, "decoder", `${layer}.encoder_attn`, target, mask, (name) => {
        const module = `${layer}.encoder_attn.${name}`;
        const make = (): Tensor => project(context, config, "decoder", module, source());
        return decoding?.ofSource(module, shape, make) ?? make();
      });
      return feedForward(context, config, layer, crossed);
    });
    hiddenStates.push(hidden);
  }
  const logits = graph.withScope(OUTPUT_EMBEDDINGS, () =>
    hidden.matmul(context.parameter(`${SHARED}.weight`), { transposeB: true }),
  );
  return { hiddenStates, pooled: null, logits };
}

/** The encoder's last hidden states. */
function encode(context: ModelContext, config: BartConfig, batch: BatchShape, mask: ScoreMask): Tokens {
  const { graph } = context;
  const { rows, length } = batch;
  const ids = graph.input(ENCODER_INPUTS.inputIds, [rows * length], "i32");
  let source: Tokens = { states: embed(context, config, "encoder", ids, rows), length };
  for (let index = 0; index < config.encoder.layers; index++) {
    const layer = `model.encoder.layers.${index}`;
    const read = source;
    const states = graph.withLayer(layer, () => {
      const attended = attend(context, config, "encoder", `${layer}.self_attn`, read, mask, (name) =>
        project(context, config, "encoder", `${layer}.self_attn.${name}`, read),
      );
      return feedForward(context, config, layer, attended);
    });
    source = { states, length };
  }
  return source;
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
    const table = context.parameter(`${name}.embed_positions.weight`);
    const at = stack === "decoder" ? context.decoding?.positions : undefined;
    const sum =
      at === undefined
        ? scaled
            .reshape([rows, tokens / rows, hiddenSize])
            .add(table.slice(0, POSITION_OFFSET, tokens / rows))
            .reshape([tokens, hiddenSize])
        : scaled.add(table.slice(0, POSITION_OFFSET, table.size(0) - POSITION_OFFSET).rows(at));
    return context.dropout(layerNorm(context, config, `${name}.layernorm_embedding`, sum), dropout);
  });
}

/** Attention of a sequence to what `read` gives for `k_proj` and `v_proj`, with residual and norm. */
function attend(
  context: ModelContext,
  config: BartConfig,
  stack: Stack,
  module: string,
  reader: Tokens,
  mask: ScoreMask,
  read: (name: "k_proj" | "v_proj") => Tensor,
): Tensor {
  const { hiddenSize, attentionDropout, dropout } = config;
  const query = project(context, config, stack, `${module}.q_proj`, reader);
  const parts = { query, key: read("k_proj"), value: read("v_proj") };
  const scale = 1 / Math.sqrt(hiddenSize / config[stack].heads);
  const attended = attendHeads(context, parts, { mask, scale, dropout: attentionDropout });
  const projected = context.dropout(context.linear(`${module}.out_proj`, attended), dropout);
  return layerNorm(context, config, `${module}_layer_norm`, reader.states.add(projected));
}

/** A linear module by heads: [rows, length, heads, headSize]. */
function project(
  context: ModelContext,
  config: BartConfig,
  stack: Stack,
  module: string,
  { states, length }: Tokens,
): Tensor {
  const { heads } = config[stack];
  const rows = states.size(0) / length;
  return context.linear(module, states).reshape([rows, length, heads, config.hiddenSize / heads]);
}

function feedForward(context: ModelContext, config: BartConfig, layer: string, x: Tensor): Tensor {
  const wide = activate(config, context.linear(`${layer}.fc1`, x));
  const narrow = context.linear(`${layer}.fc2`, context.dropout(wide, config.activationDropout));
  const dropped = context.dropout(narrow, config.dropout);
  return layerNorm(context, config, `${layer}.final_layer_norm`, x.add(dropped));
}
