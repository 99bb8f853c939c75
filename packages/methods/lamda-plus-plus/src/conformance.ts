import type { ConformanceOptions } from "@peftbench/peft/conformance";

export const conformance: ConformanceOptions = {
  config: { meanRank: 4, candidates: [2, 3, 4, 6], alpha: 8, targetModules: ["query", "output.dense"] },
  dropoutConfig: { meanRank: 4, candidates: [2, 4, 6], alpha: 8, dropout: 0.4 },
  totalSteps: 12,
  stepZeroTolerance: 0,
  overfit: { learningRate: 0.05, steps: 60, lossFactor: 0.3 },
  savesAsPeft: true,
  roundTripTolerance: 2e-6,
  // Ranks depend on weights, which counting has none of; `allocate.test.ts` holds them to the budget.
  counts: [],
  invalidConfigs: [
    { name: "candidates that fall", config: { candidates: [4, 2] }, message: /candidates.*rising/ },
    { name: "a budget below the least", config: { meanRank: 4, candidates: [8] }, message: /meanRank/ },
  ],
};
