import type {
  LoraDescription,
  MethodAttachment,
  ModelDescription,
  ThreeFactorOptions,
} from "@peftbench/peft";
import {
  attachThreeFactor,
  defineMethod,
  leftVectors,
  loraScale,
  loraToThreeFactor,
  pathFields,
  scaledRightVectors,
  selectTargets,
  threeFactorToLora,
} from "@peftbench/peft";
import { z } from "zod";

const configSchema = z.strictObject({
  /** Width of the path: the trained core has rank² elements. */
  rank: z.int().positive().default(16),
  ...pathFields,
});

type LoraXsConfig = z.output<typeof configSchema>;

/** Deviation of the core's first values, as in the authors' code: the function starts almost as it was. */
const CORE_DEVIATION = 1e-5;

/**
 * LoRA-XS: `y = x Wᵀ + b + (alpha / rank) x Aᵀ Rᵀ Bᵀ` with `A = Σ Vᵀ` and `B = U` of the leading singular triplets of W,
 * both frozen; the core R alone trains (arXiv 2405.17604).
 */
export const loraXs = defineMethod<LoraXsConfig>({
  id: "lora-xs",
  title: "LoRA-XS",
  source: "arXiv 2405.17604",
  configSchema,
  attach: (model, config, { totalSteps }) => attachLoraXs(model, config, totalSteps),
});

function attachLoraXs(model: ModelDescription, config: LoraXsConfig, totalSteps: number): MethodAttachment {
  const { rank, alpha, dropout, targetModules } = config;
  const targets = selectTargets(model.modules, targetModules);
  const options: ThreeFactorOptions = {
    sites: targets.map((module) => ({
      module,
      rank,
      scale: loraScale({ rank, alpha }, false),
      initialize: {
        a: scaledRightVectors(module, rank),
        s: ({ random }) => Float32Array.from({ length: rank * rank }, () => CORE_DEVIATION * random.normal()),
        b: leftVectors(module, rank),
      },
    })),
    prefix: "lora_xs",
    schedule: { fraction: 0, order: "leading-first", stages: 1, totalSteps },
    dropout,
    keepsFunction: false,
  };
  const description: LoraDescription = {
    sites: targets.map((module) => ({ module, rank, alpha })),
    rank,
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
