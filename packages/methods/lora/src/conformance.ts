import type { ConformanceOptions } from "@peftbench/peft/conformance";
import { countsAsPublished, countsOnPublishedModels } from "@peftbench/peft/conformance";

export const conformance: ConformanceOptions = {
  config: { rank: 3, alpha: 6 },
  dropoutConfig: { rank: 3, alpha: 6, dropout: 0.4 },
  totalSteps: 6,
  stepZeroTolerance: 0,
  overfit: { learningRate: 0.02, steps: 60, lossFactor: 0.2 },
  savesAsPeft: true,
  counts: [
    ...countsAsPublished("LoRA", { totalSteps: 10 }),
    ...countsOnPublishedModels({
      config: { rank: 5 },
      totalSteps: 10,
      hasTargets: true,
      trainable: ({ inFeatures, outFeatures }) => 5 * (inFeatures + outFeatures),
    }),
  ],
  invalidConfigs: [
    { name: "rank 0", config: { rank: 0 }, message: /rank/ },
    { name: "a rank that is no whole number", config: { rank: 2.5 }, message: /rank/ },
    { name: "alpha 0", config: { alpha: 0 }, message: /alpha/ },
    { name: "dropout 1", config: { dropout: 1 }, message: /dropout/ },
    {
      name: "a target that matches nothing",
      config: { targetModules: ["query", "q_proj"] },
      message: /"q_proj" matches no linear module.*attention\.self\.query/,
    },
    { name: "a pattern that matches nothing", config: { targetModules: ".*_proj" }, message: /_proj/ },
  ],
};
