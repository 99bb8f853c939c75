import type { GraphBuilder, Tensor } from "@peftbench/runtime";
import type { BatchShape, ModelContext } from "../architecture.ts";
import { ENCODER_INPUTS } from "../architecture.ts";
import type { Attend } from "../encoderLayers.ts";
import { layerNorm } from "../encoderLayers.ts";
import { MASKED_SCORE } from "../scoreMask.ts";
import type { DebertaConfig } from "./config.ts";
import { RELATIVE_EMBEDDINGS, RELATIVE_NORM } from "./parameters.ts";
import { usedRows } from "./relativePositions.ts";

/** Content to content, content to position, position to content: the terms of a score, which is scaled by their number. */
const TERMS = 3;

/**
 * Disentangled attention (He et al. 2021): a score is the sum of query by key, query by the key of the relative position,
 * and key by the query of the relative position. Positions go through the layer's own query and key modules, so what
 * adapts these adapts them there too.
 *
 * Tensors of all heads are [heads, rows, length, ...], which makes the positions, the same for all rows, one product a
 * head. Products are with every distance there is, 2 * length of them; `alignDistances` then brings each to its place.
 */
export function disentangledAttention(
  context: ModelContext,
  config: DebertaConfig,
  batch: BatchShape,
): Attend {
  const { rows, length } = batch;
  const { heads, hiddenSize } = config;
  const headSize = hiddenSize / heads;
  const product = { transposeB: true, scale: 1 / Math.sqrt(headSize * TERMS), recomputable: true };
  const bias = hidePadding(context, batch);
  const positions = relativePositions(context, config, batch);

  const split = (x: Tensor): Tensor => x.reshape([rows, length, heads, headSize]).transpose([2, 0, 1, 3]);
  const splitPositions = (x: Tensor): Tensor => x.reshape([2 * length, heads, headSize]).transpose([1, 0, 2]);
  const withPositions = (content: Tensor, ofPositions: Tensor): Tensor =>
    content.reshape([heads, rows * length, headSize]).matmul(splitPositions(ofPositions), product);

  return (layer, hidden) => {
    const linear = (name: string, x: Tensor): Tensor => context.linear(`${layer}.attention.self.${name}`, x);
    const query = split(linear("query_proj", hidden));
    const key = split(linear("key_proj", hidden));
    const value = split(linear("value_proj", hidden));
    const table = context.dropout(positions.table, config.hiddenDropout);
    const positionKeys = positions.falling(linear("key_proj", table));
    const positionQueries = positions.rising(linear("query_proj", table));
    const byQuery = alignDistances(withPositions(query, positionKeys), length - 1, heads, batch);
    const byKey = alignDistances(withPositions(key, positionQueries), length, heads, batch);
    const scores = query
      .matmul(key, product)
      .add(byQuery)
      .add(byKey.transpose([0, 1, 3, 2]))
      .add(bias);
    const probabilities = context.dropout(scores.softmax(), config.attentionDropout);
    return probabilities
      .matmul(value)
      .transpose([1, 2, 0, 3])
      .reshape([rows * length, hiddenSize]);
  };
}

interface RelativePositions {
  /** The rows of the table that distances within a row of tokens look at, normalized. */
  readonly table: Tensor;
  /** From a projection of `table`, what it has for the distances -length, ..., length - 1: [2 * length, hiddenSize]. */
  readonly rising: (projected: Tensor) => Tensor;
  /** For the same distances, the largest first. */
  readonly falling: (projected: Tensor) => Tensor;
}

function relativePositions(
  context: ModelContext,
  config: DebertaConfig,
  { length }: BatchShape,
): RelativePositions {
  const { graph } = context;
  return graph.withScope("deberta.encoder", () => {
    const { first, count, ofDistance } = usedRows(length, config);
    const used = context.parameter(RELATIVE_EMBEDDINGS).slice(0, first, count);
    return {
      table: layerNorm(context, config, RELATIVE_NORM, used),
      rising: rowSelection(graph, ofDistance, count),
      falling: rowSelection(graph, ofDistance.toReversed(), count),
    };
  });
}

/** Picks rows of [count, width]. As a product, its gradient stays on the device, where a gather's would not on the CPU. */
function rowSelection(graph: GraphBuilder, rows: readonly number[], count: number): (x: Tensor) => Tensor {
  if (rows.length === count && rows.every((row, index) => row === index)) return (x) => x;
  const ones = new Float32Array(rows.length * count);
  for (const [index, row] of rows.entries()) ones[index * count + row] = 1;
  const selection = graph.constant([rows.length, count], "f32", ones);
  return (x) => selection.matmul(x);
}

/**
 * From products of each token with each distance, [heads, rows * length, 2 * length], takes those with the distances to
 * each token of its row: result[.., i, j] = products[.., i, zero - i + j], [heads, rows, length, length]. In a row that
 * is one shorter than the products', what moves by one from token to token stands in one column.
 *
 * @param zero the column of distance 0: `length` or the one before
 */
function alignDistances(products: Tensor, zero: number, heads: number, { rows, length }: BatchShape): Tensor {
  const columns = 2 * length - 1;
  return products
    .reshape([heads, rows, length * 2 * length])
    .slice(2, zero, length * columns)
    .reshape([heads, rows, length, columns])
    .slice(3, 0, length);
}

/** Scores' bias [rows, length, length] that hides padding from tokens, and leaves padding alike to all. */
function hidePadding({ graph }: ModelContext, { rows, length }: BatchShape): Tensor {
  const isToken = graph.input(ENCODER_INPUTS.attentionMask, [rows, length], "f32");
  const bothAre = isToken.reshape([rows, length, 1]).mul(isToken.reshape([rows, 1, length]));
  return bothAre.sub(1).mul(-MASKED_SCORE);
}
