import type {
  LoraDescription,
  MethodAttachment,
  ModelDescription,
  ThreeFactorOptions,
} from "@peftbench/peft";
import {
  attachThreeFactor,
  defineMethod,
  loraScale,
  loraToThreeFactor,
  selectTargets,
  threeFactorToLora,
} from "@peftbench/peft";
import type { LamdaConfig } from "./config.ts";
import { lamdaConfigSchema } from "./config.ts";
import { initializers } from "./initialize.ts";

/**
 * LaMDA: `y = x Wᵀ + b + (alpha / rank) x Aᵀ Sᵀ Bᵀ` with A frozen (the paper's PMA), S trained (LDA), and B (PMB) trained
 * at first and frozen direction by direction (arXiv 2406.12832). What of it is the paper's and what is ours stands
 * beside the options.
 */
export const lamda = defineMethod<LamdaConfig>({
  id: "lamda",
  title: "LaMDA",
  source: "arXiv 2406.12832",
  configSchema: lamdaConfigSchema,
  attach: (model, config, { totalSteps }) => attachLamda(model, config, totalSteps),
});

function attachLamda(model: ModelDescription, config: LamdaConfig, totalSteps: number): MethodAttachment {
  const { rank, alpha, dropout, init, freezeFraction, freezeOrder, stages, targetModules } = config;
  const targets = selectTargets(model.modules, targetModules);
  const scale = loraScale({ rank, alpha }, false);
  const options: ThreeFactorOptions = {
    sites: targets.map((module) => ({
      module,
      rank,
      scale,
      initialize: initializers(module, config, scale),
    })),
    prefix: "lamda",
    schedule: { fraction: freezeFraction, order: freezeOrder, stages, totalSteps },
    dropout,
    keepsFunction: init === "svd-sigma",
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
