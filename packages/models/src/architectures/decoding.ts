import type { GraphBuilder, Shape, Tensor } from "@peftbench/runtime";
import { ENCODER_INPUTS } from "./architecture.ts";
import type { ScoreMask } from "./scoreMask.ts";
import { hideLater, paddingBias, paddingMask } from "./scoreMask.ts";

/**
 * How a decoder goes on from tokens that it has read: their keys and values are kept, in places of a fixed number. All
 * rows are at the same place, so prompts are padded on the left; positions are counted without that padding.
 */
export interface Decoding {
  /** i32 [rows * length], of the tokens that are read now. */
  readonly positions: Tensor<"i32">;
  /** Most positions there can be. */
  readonly capacity: number;
  readonly mask: ScoreMask;
  /**
   * Keeps keys or values of the tokens that are read now, [rows, length, heads, headSize], under a name.
   * @returns what attention reads, [rows, keys, heads, headSize]
   */
  readonly keep: (name: string, states: Tensor) => Tensor;
  /** Whether an encoder reads its source now. */
  readonly readsSource: boolean;
  /**
   * Keys or values of an encoder-decoder's source: made and kept where the source is read, known from then on.
   * @param shape [rows, length, heads, headSize]
   */
  readonly ofSource: (name: string, shape: Shape, make: () => Tensor) => Tensor;
}

/** Inputs of a decoding graph beside token ids. */
export const DECODING_INPUTS = {
  positions: "positions",
  /** f32 [rows, capacity]: 1 at what a step may read, itself included. */
  visible: "visible",
  /** f32 [capacity]: 1 at the place that a step writes. */
  place: "place",
  /** i32 [rows]: the row that each row goes on from. */
  origins: "origins",
} as const;

export interface DecodingShape {
  readonly rows: number;
  /** Places for the prompt and all that is generated. */
  readonly capacity: number;
}

/** Reads the source of an encoder-decoder and the first token of its target, which goes into the first place. */
export function readSource(graph: GraphBuilder, shape: DecodingShape): Decoding {
  const { rows, capacity } = shape;
  return {
    positions: graph.input(DECODING_INPUTS.positions, [rows], "i32"),
    capacity,
    mask: paddingMask(graph.constant([rows, 1, 1, 1], "f32", new Float32Array(rows))),
    keep: (name, states) => keepFirst(graph, name, shape, states),
    readsSource: true,
    ofSource: (name, sourceShape, make) => {
      const states = make();
      graph.updateParameter(sourceCache(graph, name, sourceShape), states);
      return states;
    },
  };
}

/** Reads prompts of `length` tokens, padding included, into the first places. */
export function readPrompt(
  graph: GraphBuilder,
  shape: DecodingShape & { readonly length: number },
): Decoding {
  const { rows, capacity, length } = shape;
  const padding = paddingBias(graph.input(ENCODER_INPUTS.attentionMask, [rows, length], "f32"));
  return {
    positions: graph.input(DECODING_INPUTS.positions, [rows * length], "i32"),
    capacity,
    mask: { padding, causal: true, scores: padding.add(hideLater(graph, length)) },
    keep: (name, states) => keepFirst(graph, name, shape, states),
    readsSource: false,
    ofSource: (name) => {
      throw new RangeError(`A decoder alone has no source: ${name}.`);
    },
  };
}

/**
 * Reads one token a row, into the place that the input says.
 * @param reorders whether rows go on from others' keys and values, as beams do
 */
export function readToken(
  graph: GraphBuilder,
  shape: DecodingShape & { readonly reorders: boolean },
): Decoding {
  const { rows, capacity, reorders } = shape;
  const visible = graph.input(DECODING_INPUTS.visible, [rows, capacity], "f32");
  const place = graph.input(DECODING_INPUTS.place, [capacity], "f32").reshape([1, capacity, 1, 1]);
  const origins = reorders ? graph.input(DECODING_INPUTS.origins, [rows], "i32") : null;
  return {
    positions: graph.input(DECODING_INPUTS.positions, [rows], "i32"),
    capacity,
    mask: paddingMask(paddingBias(visible)),
    keep: (name, states) => {
      const cache = cacheOf(graph, name, shape, states);
      const before =
        origins === null
          ? cache
          : cache
              .reshape([rows, cache.shape.slice(1).reduce((a, b) => a * b, 1)])
              .rows(origins)
              .reshape(cache.shape);
      const after = place.select(states, before);
      graph.updateParameter(cache, after);
      return after;
    },
    readsSource: false,
    // Beams of one prompt have one source, so what is kept of it stays where it is.
    ofSource: (name, sourceShape) => sourceCache(graph, name, sourceShape),
  };
}

/** Keeps states in the first places, and gives them back: nothing else is to be read yet. */
function keepFirst(graph: GraphBuilder, name: string, shape: DecodingShape, states: Tensor): Tensor {
  const cache = cacheOf(graph, name, shape, states);
  const length = states.size(1);
  graph.updateParameter(cache, states.concat([cache.slice(1, length, shape.capacity - length)], 1));
  return states;
}

function sourceCache(graph: GraphBuilder, name: string, shape: Shape): Tensor {
  return graph.parameter(cacheName(name), shape, { role: "keyValueCache", trainable: true });
}

/** Name of the parameter that holds what is kept under a name. */
export function cacheName(name: string): string {
  return `${name}::cache`;
}

function cacheOf(
  graph: GraphBuilder,
  name: string,
  { rows, capacity }: DecodingShape,
  states: Tensor,
): Tensor {
  const shape = [rows, capacity, states.size(2), states.size(3)];
  return graph.parameter(cacheName(name), shape, { role: "keyValueCache", trainable: true });
}
