import type { Tensor } from "@peftbench/runtime";
import type { BatchShape, EncoderOutputs, HeadSpec, ModelContext } from "../architecture.ts";
import { DECODER_INPUTS, ENCODER_INPUTS, targetLengthOf } from "../architecture.ts";
import { attendHeads } from "../attendHeads.ts";
import { AttentionError } from "../config.ts";
import { OUTPUT_EMBEDDINGS } from "../decoderHead.ts";
import { rmsNorm } from "../rmsNorm.ts";
import type { ScoreMask } from "../scoreMask.ts";
import { hideLater, paddingBias, paddingMask } from "../scoreMask.ts";
import type { T5Config } from "./config.ts";
import { blockName, SHARED, SUBLAYERS } from "./parameters.ts";
import { positionBias } from "./positionBias.ts";

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
  const targetIds = graph.input(DECODER_INPUTS.decoderInputIds, [rows * targetLength], "i32");
  const { decoding } = context;

  // Where a token is read after others, the source is known by its keys and values alone.
  let encoded: Tensor | null = null;
  const source = (): Tensor => (encoded ??= encode(context, config, batch, padding));
  if (decoding === null || decoding.readsSource) source();

  const own = graph.withScope("decoder", () => targetMask(context, config, rows, targetLength));
  const keep = (name: string, states: Tensor): Tensor => decoding?.keep(name, states) ?? states;
  const sourceShape = [rows, length, config.heads, config.headSize];
  const hiddenStates = stack(
    context,
    config,
    "decoder",
    targetIds,
    (layer, hidden) => {
      const module = `${layer}.0.SelfAttention`;
      return attend(context, config, module, hidden, { rows, mask: own }, (name) =>
        keep(`${module}.${name}`, project(context, config, `${module}.${name}`, hidden, rows)),
      );
    },
    (layer, hidden) => {
      const module = `${layer}.1.EncDecAttention`;
      const read = { rows, mask: paddingMask(padding) };
      return attend(context, config, module, hidden, read, (name) => {
        const make = (): Tensor => project(context, config, `${module}.${name}`, source(), rows);
        return decoding?.ofSource(`${module}.${name}`, sourceShape, make) ?? make();
      });
    },
  );
  const logits = graph.withScope(OUTPUT_EMBEDDINGS, () => {
    const last = hiddenStates.at(-1) as Tensor;
    const scaled = config.tiedEmbeddings ? last.mul(config.hiddenSize ** -0.5) : last;
    const table = config.tiedEmbeddings ? SHARED : OUTPUT_EMBEDDINGS;
    return scaled.matmul(context.parameter(`${table}.weight`), { transposeB: true });
  });
  return { hiddenStates, pooled: null, logits };
}

/** The encoder's last hidden states. */
function encode(context: ModelContext, config: T5Config, batch: BatchShape, padding: Tensor): Tensor {
  const { graph } = context;
  const { rows, length } = batch;
  const ids = graph.input(ENCODER_INPUTS.inputIds, [rows * length], "i32");
  const bias = graph.withScope("encoder", () =>
    positionBias(context, config, "encoder", length).add(padding),
  );
  const states = stack(context, config, "encoder", ids, (layer, hidden) => {
    const module = `${layer}.0.SelfAttention`;
    return attend(context, config, module, hidden, { rows, mask: paddingMask(bias) }, (name) =>
      project(context, config, `${module}.${name}`, hidden, rows),
    );
  });
  return states.at(-1) as Tensor;
}

/** What the decoder adds to the scores of its own tokens: their distances, and what hides the later ones. */
function targetMask(context: ModelContext, config: T5Config, rows: number, length: number): ScoreMask {
  const { decoding, graph } = context;
  if (decoding === null || decoding.readsSource)
    return paddingMask(positionBias(context, config, "decoder", length).add(hideLater(graph, length)));
  const { heads } = config;
  const { capacity, positions, mask } = decoding;
  const everyPlace = positionBias(context, config, "decoder", capacity)
    .reshape([heads, capacity, capacity])
    .transpose([1, 0, 2])
    .reshape([capacity, heads * capacity]);
  const here = everyPlace.rows(positions).reshape([rows, heads, 1, capacity]);
  return paddingMask(here.add(mask.padding));
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

/** Attention without a scale, as T5's weights have it in them, to what `read` gives for `k` and `v`. */
function attend(
  context: ModelContext,
  config: T5Config,
  module: string,
  hidden: Tensor,
  { rows, mask }: { readonly rows: number; readonly mask: ScoreMask },
  read: (name: "k" | "v") => Tensor,
): Tensor {
  const query = project(context, config, `${module}.q`, hidden, rows);
  const options = { mask, scale: 1, dropout: config.dropout };
  return context.linear(
    `${module}.o`,
    attendHeads(context, { query, key: read("k"), value: read("v") }, options),
  );
}

/** A linear module by heads: [rows, length, heads, headSize]. */
function project(
  context: ModelContext,
  { heads, headSize }: T5Config,
  module: string,
  states: Tensor,
  rows: number,
): Tensor {
  return context.linear(module, states).reshape([rows, states.size(0) / rows, heads, headSize]);
}

function feedForward(context: ModelContext, config: T5Config, layer: string, x: Tensor): Tensor {
  const linear = (name: string, input: Tensor): Tensor =>
    context.linear(`${layer}.DenseReluDense.${name}`, input);
  const wide = config.gated ? linear("wi_0", x).gelu("tanh").mul(linear("wi_1", x)) : linear("wi", x).relu();
  return linear("wo", context.dropout(wide, config.dropout));
}
