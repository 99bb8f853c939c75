import type { DeclaredModel } from "./declare.ts";
import { llama } from "./decoders.ts";
import { debertaV3, roberta } from "./encoders.ts";

const BASE = { layers: 12, hidden: 768, intermediate: 3072 };
const LARGE = { layers: 24, hidden: 1024, intermediate: 4096 };

/** Input and output width of a matrix that each layer has once, by the ending of its module's name. */
export type LayerMatrices = Readonly<Record<string, readonly [inFeatures: number, outFeatures: number]>>;

/** A model that papers count parameters on. The figures are written out, so that they can disagree with `declared`. */
export interface PublishedModel {
  readonly declared: DeclaredModel;
  readonly layers: number;
  readonly matrices: LayerMatrices;
  /** Names of the query's and the value's matrix, which most papers adapt. */
  readonly queryAndValue: readonly [string, string];
  /** All parameters but the head's. */
  readonly base: number;
  /** Bias elements but the head's. */
  readonly biases: number;
  readonly head: number;
}

type PublishedName = "robertaBase" | "robertaLarge" | "debertaV3Base" | "llama2With7B" | "llama32With3B";

export const publishedModels: Readonly<Record<PublishedName, PublishedModel>> = {
  robertaBase: {
    declared: roberta("RoBERTa-base", BASE),
    layers: 12,
    matrices: {
      query: [768, 768],
      key: [768, 768],
      value: [768, 768],
      "attention.output.dense": [768, 768],
      "intermediate.dense": [768, 3072],
      "output.dense": [3072, 768],
    },
    queryAndValue: ["query", "value"],
    base: 124_055_040,
    biases: 12 * (7 * 768 + 3072) + 768,
    head: 768 * 768 + 768 + 2 * 768 + 2,
  },
  robertaLarge: {
    declared: roberta("RoBERTa-large", LARGE),
    layers: 24,
    matrices: {
      query: [1024, 1024],
      key: [1024, 1024],
      value: [1024, 1024],
      "attention.output.dense": [1024, 1024],
      "intermediate.dense": [1024, 4096],
      "output.dense": [4096, 1024],
    },
    queryAndValue: ["query", "value"],
    base: 354_310_144,
    biases: 24 * (7 * 1024 + 4096) + 1024,
    head: 1024 * 1024 + 1024 + 2 * 1024 + 2,
  },
  debertaV3Base: {
    declared: debertaV3("DeBERTa-v3-base", BASE),
    layers: 12,
    matrices: {
      query_proj: [768, 768],
      key_proj: [768, 768],
      value_proj: [768, 768],
      "attention.output.dense": [768, 768],
      "intermediate.dense": [768, 3072],
      "output.dense": [3072, 768],
    },
    queryAndValue: ["query_proj", "value_proj"],
    base: 183_831_552,
    biases: 12 * (7 * 768 + 3072) + 2 * 768,
    head: 768 * 768 + 768 + 2 * 768 + 2,
  },
  llama2With7B: {
    declared: llama("Llama-2-7B", {
      layers: 32,
      hidden: 4096,
      keyValue: 4096,
      intermediate: 11_008,
      vocabulary: 32_000,
      tiesHead: false,
    }),
    layers: 32,
    matrices: {
      q_proj: [4096, 4096],
      k_proj: [4096, 4096],
      v_proj: [4096, 4096],
      o_proj: [4096, 4096],
      gate_proj: [4096, 11_008],
      up_proj: [4096, 11_008],
      down_proj: [11_008, 4096],
    },
    queryAndValue: ["q_proj", "v_proj"],
    base: 6_607_343_616,
    biases: 0,
    head: 32_000 * 4096,
  },
  llama32With3B: {
    declared: llama("Llama-3.2-3B", {
      layers: 28,
      hidden: 3072,
      keyValue: 1024,
      intermediate: 8192,
      vocabulary: 128_256,
      tiesHead: true,
    }),
    layers: 28,
    matrices: {
      q_proj: [3072, 3072],
      k_proj: [3072, 1024],
      v_proj: [3072, 1024],
      o_proj: [3072, 3072],
      gate_proj: [3072, 8192],
      up_proj: [3072, 8192],
      down_proj: [8192, 3072],
    },
    queryAndValue: ["q_proj", "v_proj"],
    base: 3_212_749_824,
    biases: 0,
    head: 0,
  },
};
