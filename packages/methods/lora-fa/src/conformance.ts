import type { ConformanceOptions } from "@peftbench/peft/conformance";
import { CLASSIFIER_PARAMETERS, encoderShape, PUBLISHED_SIZES } from "@peftbench/peft/conformance";

export const conformance: ConformanceOptions = {
  config: { rank: 3, alpha: 6 },
  dropoutConfig: { rank: 3, alpha: 6, dropout: 0.4 },
  totalSteps: 6,
  stepZeroTolerance: 0,
  overfit: { learningRate: 0.05, steps: 60, lossFactor: 0.3 },
  savesAsPeft: true,
  counts: [
    {
      name: "base, rank 8, query and value: 24 * 8 * 768",
      model: encoderShape(PUBLISHED_SIZES.base, CLASSIFIER_PARAMETERS),
      config: { rank: 8 },
      totalSteps: 10,
      trainable: 24 * 8 * 768,
      head: 2 * 768 + 2,
    },
  ],
  invalidConfigs: [
    { name: "rank 0", config: { rank: 0 }, message: /rank/ },
    { name: "dropout 1", config: { dropout: 1 }, message: /dropout/ },
  ],
};
