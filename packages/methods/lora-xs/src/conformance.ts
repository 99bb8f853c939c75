import type { ConformanceOptions } from "@peftbench/peft/conformance";
import { CLASSIFIER_PARAMETERS, encoderShape, PUBLISHED_SIZES } from "@peftbench/peft/conformance";

const FOUR_MATRICES = ["query", "value", "attention.output.dense", "output.dense"];

export const conformance: ConformanceOptions = {
  config: { rank: 4, alpha: 8, targetModules: ["query", "value", "output.dense"] },
  dropoutConfig: { rank: 4, alpha: 8, dropout: 0.4 },
  totalSteps: 6,
  // The core starts at a deviation of 1e-5.
  stepZeroTolerance: 1e-3,
  overfit: { learningRate: 0.05, steps: 80, lossFactor: 0.3 },
  savesAsPeft: true,
  roundTripTolerance: 2e-6,
  counts: [4, 8, 12, 16, 20, 25].map((rank) => ({
    name: `large, rank ${rank}, four matrices: 96 * ${rank}²`,
    model: encoderShape(PUBLISHED_SIZES.large, CLASSIFIER_PARAMETERS),
    config: { rank, targetModules: FOUR_MATRICES },
    totalSteps: 10,
    trainable: 96 * rank * rank,
    head: 2 * 1024 + 2,
  })),
  invalidConfigs: [
    { name: "rank 0", config: { rank: 0 }, message: /rank/ },
    { name: "alpha 0", config: { alpha: 0 }, message: /alpha/ },
  ],
};
