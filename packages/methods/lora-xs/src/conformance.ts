import type { ConformanceOptions } from "@peftbench/peft/conformance";
import { countsAsPublished, countsOnPublishedModels } from "@peftbench/peft/conformance";

export const conformance: ConformanceOptions = {
  config: { rank: 4, alpha: 8, targetModules: ["query", "value", "output.dense"] },
  dropoutConfig: { rank: 4, alpha: 8, dropout: 0.4 },
  totalSteps: 6,
  // The core starts at a deviation of 1e-5.
  stepZeroTolerance: 1e-3,
  overfit: { learningRate: 0.05, steps: 80, lossFactor: 0.3 },
  savesAsPeft: true,
  roundTripTolerance: 2e-6,
  counts: [
    ...countsAsPublished("LoRA-XS", { totalSteps: 10 }),
    ...countsOnPublishedModels({
      config: { rank: 16 },
      totalSteps: 10,
      hasTargets: true,
      trainable: () => 16 * 16,
    }),
  ],
  invalidConfigs: [
    { name: "rank 0", config: { rank: 0 }, message: /rank/ },
    { name: "alpha 0", config: { alpha: 0 }, message: /alpha/ },
  ],
};
