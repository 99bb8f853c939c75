import type { ConformanceOptions } from "@peftbench/peft/conformance";
import { CLASSIFIER_PARAMETERS, encoderShape, PUBLISHED_SIZES } from "@peftbench/peft/conformance";

/** What the method promises, on every executor. */
export const conformance: ConformanceOptions = {
  config: { targetModules: ["query", "output.dense"] },
  dropoutConfig: null,
  totalSteps: 4,
  stepZeroTolerance: 0,
  overfit: { learningRate: 0.05, steps: 80, lossFactor: 0.3 },
  savesAsPeft: false,
  counts: [
    {
      name: "base: a number for each feature of query and value in twelve layers",
      model: encoderShape(PUBLISHED_SIZES.base, CLASSIFIER_PARAMETERS),
      config: {},
      totalSteps: 10,
      trainable: 12 * 2 * 768,
      head: 2 * 768 + 2,
    },
  ],
  invalidConfigs: [{ name: "a rank", config: { rank: 8 }, message: /rank/ }],
};
