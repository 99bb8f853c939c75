import type { ConformanceOptions } from "@peftbench/peft/conformance";
import { countsOnPublishedModels } from "@peftbench/peft/conformance";

export const conformance: ConformanceOptions = {
  // Masks at steps 2 and 3, chooses at step 4 and keeps from then on.
  config: { initialRank: 3, targetRank: 2, alpha: 6, warmupSteps: 1, finalSteps: 4, interval: 1 },
  dropoutConfig: { initialRank: 3, targetRank: 2, alpha: 6, dropout: 0.4 },
  totalSteps: 8,
  stepZeroTolerance: 0,
  overfit: { learningRate: 0.05, steps: 60, lossFactor: 0.3 },
  savesAsPeft: true,
  counts: countsOnPublishedModels({
    config: { initialRank: 12, targetRank: 8 },
    totalSteps: 100,
    hasTargets: true,
    // Masked triplets get gradients and may come back, so the number stays.
    trainable: ({ inFeatures, outFeatures }) => 12 * (inFeatures + outFeatures + 1),
  }),
  invalidConfigs: [
    { name: "rank 0", config: { initialRank: 0 }, message: /initialRank/ },
    {
      name: "as many triplets at last as at first",
      config: { initialRank: 8, targetRank: 8 },
      message: /initialRank 8 is not above targetRank 8.*initialRank 12/,
    },
    {
      name: "a schedule longer than the run",
      config: { warmupSteps: 5, finalSteps: 3 },
      message: /does not fit 8 steps.*warmupSteps 5 and finalSteps 3/,
    },
    { name: "an unknown regularizer", config: { regularizer: "squared" }, message: /regularizer/ },
    { name: "a decay of 1", config: { beta1: 1 }, message: /beta1/ },
  ],
};
