import type { ConformanceOptions } from "@peftbench/peft/conformance";
import { countsAsPublished, countsOnPublishedModels } from "@peftbench/peft/conformance";

export const conformance: ConformanceOptions = {
  config: { rank: 3, alpha: 6 },
  dropoutConfig: { rank: 3, alpha: 6, dropout: 0.4 },
  totalSteps: 6,
  stepZeroTolerance: 0,
  overfit: { learningRate: 0.05, steps: 60, lossFactor: 0.3 },
  savesAsPeft: true,
  counts: [
    ...countsAsPublished("LoRA-FA", { totalSteps: 10 }),
    ...countsOnPublishedModels({
      config: { rank: 8 },
      totalSteps: 10,
      hasTargets: true,
      trainable: ({ outFeatures }) => 8 * outFeatures,
    }),
  ],
  invalidConfigs: [
    { name: "rank 0", config: { rank: 0 }, message: /rank/ },
    { name: "dropout 1", config: { dropout: 1 }, message: /dropout/ },
  ],
};
