import { attachFreezing, defineMethod, freezingFields, selectTargets } from "@peftbench/peft";
import { z } from "zod";

const configSchema = z.strictObject({
  /** Width of the path: the core has rank² elements. */
  rank: z.int().positive().default(32),
  ...freezingFields,
});

type LamdaConfig = z.output<typeof configSchema>;

/**
 * LaMDA: `y = x Wᵀ + b + (alpha / rank) x Aᵀ Sᵀ Bᵀ` with A frozen (the paper's PMA), S trained (LDA), and B (PMB) trained
 * at first and frozen direction by direction (arXiv 2406.12832). What of it is the paper's and what is ours stands
 * beside the options.
 */
export const lamda = defineMethod<LamdaConfig>({
  id: "lamda",
  title: "LaMDA",
  source: "arXiv 2406.12832",
  configSchema,
  attach: ({ modules }, config, { totalSteps }) => {
    const { rank, targetModules } = config;
    const targets = selectTargets(modules, targetModules).map((module) => ({ module, rank }));
    return attachFreezing(targets, config, { prefix: "lamda", usualRank: rank }, totalSteps);
  },
});
