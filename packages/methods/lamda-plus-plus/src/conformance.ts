import type { ConformanceOptions } from "@peftbench/peft/conformance";
import {
  countedModel,
  countsOnPublishedModels,
  flatSpectra,
  publishedModels,
} from "@peftbench/peft/conformance";

export const conformance: ConformanceOptions = {
  config: { meanRank: 4, candidates: [2, 3, 4, 6], alpha: 8, targetModules: ["query", "output.dense"] },
  dropoutConfig: { meanRank: 4, candidates: [2, 4, 6], alpha: 8, dropout: 0.4 },
  totalSteps: 12,
  stepZeroTolerance: 0,
  overfit: { learningRate: 0.05, steps: 60, lossFactor: 0.3 },
  savesAsPeft: true,
  roundTripTolerance: 2e-6,
  // Ranks depend on weights, which counting has none of: their spectra are taken to be all alike.
  counts: [
    ...countsOnPublishedModels({
      // All are raised to the mean, which spends the budget to the last.
      config: { meanRank: 32, freezeFraction: 0 },
      totalSteps: 10,
      hasTargets: true,
      spectra: flatSpectra,
      trainable: () => 32 * 32,
    }),
    {
      // A budget of 24 * 24² = 13,824. All 24 at rank 16 take 6,144; each raise to 32 takes 768 more.
      name: "RoBERTa-base, query and value, mean rank 24: 10 * 32² + 14 * 16²",
      model: countedModel(publishedModels.robertaBase.declared, false),
      config: { meanRank: 24, freezeFraction: 0 },
      totalSteps: 10,
      spectra: flatSpectra,
      trainable: 10 * 32 * 32 + 14 * 16 * 16,
      head: 0,
    },
  ],
  invalidConfigs: [
    { name: "candidates that fall", config: { candidates: [4, 2] }, message: /candidates.*rising/ },
    { name: "a budget below the least", config: { meanRank: 4, candidates: [8] }, message: /meanRank/ },
  ],
};
