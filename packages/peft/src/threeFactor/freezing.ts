import type { LinearModule } from "@peftbench/models";
import { z } from "zod";
import type { LoraDescription } from "../loraFormat.ts";
import { loraScale } from "../loraFormat.ts";
import type { MethodAttachment } from "../method.ts";
import { pathFields } from "../pathFields.ts";
import type { ThreeFactorOptions } from "./attach.ts";
import { attachThreeFactor } from "./attach.ts";
import type { FactorInitializers } from "./factors.ts";
import { loraToThreeFactor, threeFactorToLora } from "./loraFile.ts";
import {
  leftVectors,
  orthonormalRows,
  rightVectors,
  singularValueMatrix,
  uniformWithin,
} from "./spectralFactors.ts";

/** Options of methods that train B at first and freeze it by columns; what is not a rank. */
export const freezingFields = {
  ...pathFields,
  /**
   * How the factors start. `svd-zero`: A and B are the leading singular vectors of the weight, the core is zero.
   * `svd-sigma`: the core holds the singular values, which the weight loses. `released-code`: as LaMDA's authors' code,
   * without any decomposition: A and core random, B zero. `random-orthonormal`: `svd-zero` with random orthonormal
   * vectors in place of singular ones, to see what the spectrum is worth. The paper's own choice is not known to us.
   */
  init: z.enum(["svd-zero", "svd-sigma", "released-code", "random-orthonormal"]).default("svd-zero"),
  /** Share of the steps after which B is frozen whole (0.3 in the released code); 0: from the start. */
  freezeFraction: z.number().min(0).max(1).default(0.3),
  /** Which of B's columns freeze first. The paper's order is only implied. */
  freezeOrder: z.enum(["leading-first", "trailing-first"]).default("leading-first"),
  /** Parts of training, at whose borders gradients and optimizer state of frozen columns are released. */
  stages: z.int().min(1).max(4).default(4),
} as const;

const freezingSchema = z.object(freezingFields);

export type FreezingConfig = z.output<typeof freezingSchema>;

/** A module and the rank that it is adapted with. */
export interface RankedModule {
  readonly module: LinearModule;
  readonly rank: number;
}

/** Attaches paths of the given ranks; they are saved as a LoRA adapter whose usual rank is `usualRank`. */
export function attachFreezing(
  modules: readonly RankedModule[],
  config: FreezingConfig,
  names: { readonly prefix: string; readonly usualRank: number },
  totalSteps: number,
): MethodAttachment {
  const { alpha, dropout, init, freezeFraction, freezeOrder, stages, targetModules } = config;
  const options: ThreeFactorOptions = {
    sites: modules.map(({ module, rank }) => {
      const scale = loraScale({ rank, alpha }, false);
      return { module, rank, scale, initialize: initializers(module, rank, scale, init) };
    }),
    prefix: names.prefix,
    schedule: { fraction: freezeFraction, order: freezeOrder, stages, totalSteps },
    dropout,
    keepsFunction: init === "svd-sigma",
  };
  const description: LoraDescription = {
    sites: modules.map(({ module, rank }) => ({ module, rank, alpha })),
    rank: names.usualRank,
    alpha,
    dropout,
    targetModules,
    isRankStabilized: false,
  };
  return {
    ...attachThreeFactor(options),
    toPeft: (value, initial) => threeFactorToLora(options, description, value, initial),
    fromPeft: (adapter, initial) => loraToThreeFactor(options, description, adapter, initial),
  };
}

function initializers(
  module: LinearModule,
  rank: number,
  scale: number,
  init: FreezingConfig["init"],
): FactorInitializers {
  const { inFeatures, outFeatures } = module;
  switch (init) {
    case "svd-zero":
      return {
        a: rightVectors(module, rank),
        s: () => new Float32Array(rank * rank),
        b: leftVectors(module, rank),
      };
    case "svd-sigma":
      return {
        a: rightVectors(module, rank),
        s: singularValueMatrix(module, rank, scale),
        b: leftVectors(module, rank),
      };
    case "released-code":
      return {
        // PyTorch's default for both linear layers: uniform within 1/sqrt(inputs).
        a: ({ random }) => uniformWithin(random, rank * inFeatures, 1 / Math.sqrt(inFeatures)),
        s: ({ random }) => uniformWithin(random, rank * rank, 1 / Math.sqrt(rank)),
        b: () => new Float32Array(outFeatures * rank),
      };
    case "random-orthonormal":
      return {
        a: ({ random }) =>
          Float32Array.from(orthonormalRows(random, rank, inFeatures).flatMap((row) => [...row])),
        s: () => new Float32Array(rank * rank),
        b: ({ random }) => {
          const columns = orthonormalRows(random, rank, outFeatures);
          return Float32Array.from(
            { length: outFeatures * rank },
            (_, index) => columns[index % rank]?.[Math.floor(index / rank)] as number,
          );
        },
      };
  }
}
