import {
  attachFreezing,
  defineMethod,
  freezingFields,
  selectTargets,
  WeightsNeededError,
} from "@peftbench/peft";
import { z } from "zod";
import { allocateRanks } from "./allocate.ts";

const configSchema = z
  .strictObject({
    /** Budget: the rank that every module would have if all had the same (a root mean square where `budget` is `core`). */
    meanRank: z.int().positive().default(32),
    /** Ranks that a module can be given, rising. */
    candidates: z.array(z.int().positive()).min(1).default([8, 16, 32, 64]),
    energy: z.enum(["squared", "plain"]).default("squared"),
    budget: z.enum(["core", "rank"]).default("core"),
    direction: z.enum(["flat-first", "steep-first"]).default("flat-first"),
    ...freezingFields,
  })
  .refine(
    ({ candidates }) =>
      candidates.every((rank, index) => index === 0 || rank > (candidates[index - 1] as number)),
    {
      path: ["candidates"],
      error: "expected ranks in rising order",
    },
  )
  .refine(({ candidates, meanRank }) => (candidates[0] as number) <= meanRank, {
    path: ["meanRank"],
    error: "expected at least the smallest candidate, which every module has",
  });

type LamdaPlusPlusConfig = z.output<typeof configSchema>;

/**
 * LaMDA++: LaMDA with a rank for each module, given once before training from the spectrum of its pretrained weight
 * (arXiv 2406.12832). The rule of allocation is ours, see `allocateRanks`.
 */
export const lamdaPlusPlus = defineMethod<LamdaPlusPlusConfig>({
  id: "lamda-plus-plus",
  title: "LaMDA++",
  source: "arXiv 2406.12832",
  configSchema,
  attach: ({ modules }, config, { totalSteps, spectra }) => {
    if (spectra === null) {
      throw new WeightsNeededError(
        "LaMDA++ chooses ranks by the spectra of pretrained weights, which a plan does not read. " +
          "Its memory is near that of LaMDA at the same mean rank.",
      );
    }
    const targets = selectTargets(modules, config.targetModules);
    const ranks = allocateRanks(
      targets.map(({ name }) => ({ singularValues: spectra.singularValues(`${name}.weight`) })),
      config,
    );
    const ranked = targets.map((module, index) => ({ module, rank: ranks[index] as number }));
    const names = { prefix: "lamda", usualRank: config.meanRank };
    return attachFreezing(ranked, config, names, totalSteps);
  },
});
