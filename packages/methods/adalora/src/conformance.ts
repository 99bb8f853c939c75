import type { ConformanceOptions } from "@peftbench/peft/conformance";
import {
  CLASSIFIER_PARAMETERS,
  encoderShape,
  POOLER_PARAMETERS,
  PUBLISHED_SIZES,
} from "@peftbench/peft/conformance";

const SIX_MATRICES = [
  "query",
  "key",
  "value",
  "attention.output.dense",
  "intermediate.dense",
  "output.dense",
];

export const conformance: ConformanceOptions = {
  // Masks at steps 2 and 3, chooses at step 4 and keeps from then on.
  config: { initialRank: 3, targetRank: 2, alpha: 6, warmupSteps: 1, finalSteps: 4, interval: 1 },
  dropoutConfig: { initialRank: 3, targetRank: 2, alpha: 6, dropout: 0.4 },
  totalSteps: 8,
  stepZeroTolerance: 0,
  overfit: { learningRate: 0.05, steps: 60, lossFactor: 0.3 },
  savesAsPeft: true,
  counts: [
    {
      name: "base, rank 12, six matrices: 12 * 12 * (4 * 1537 + 2 * 3841)",
      model: encoderShape(PUBLISHED_SIZES.base, [...POOLER_PARAMETERS, ...CLASSIFIER_PARAMETERS]),
      config: { targetModules: SIX_MATRICES },
      totalSteps: 1000,
      trainable: 12 * 12 * (4 * 1537 + 2 * 3841),
      head: 592_130,
    },
    {
      name: "base, rank 4, query and value: 24 * 4 * 1537",
      model: encoderShape(PUBLISHED_SIZES.base, CLASSIFIER_PARAMETERS),
      config: { initialRank: 4, targetRank: 2 },
      totalSteps: 10,
      trainable: 24 * 4 * 1537,
      head: 2 * 768 + 2,
    },
  ],
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
