import type { ConformanceOptions } from "@peftbench/peft/conformance";
import { CLASSIFIER_PARAMETERS, encoderShape, PUBLISHED_SIZES } from "@peftbench/peft/conformance";

export const conformance: ConformanceOptions = {
  config: {},
  dropoutConfig: null,
  totalSteps: 4,
  stepZeroTolerance: 0,
  overfit: { learningRate: 0.05, steps: 80, lossFactor: 0.3 },
  savesAsPeft: false,
  counts: [
    {
      name: "base: biases of six linear layers and two norms in twelve layers, of the embedding's norm and the pooler",
      model: encoderShape(PUBLISHED_SIZES.base, CLASSIFIER_PARAMETERS),
      config: {},
      totalSteps: 10,
      trainable: 12 * (7 * 768 + 3072) + 2 * 768,
      head: 2 * 768 + 2,
    },
  ],
  invalidConfigs: [{ name: "a rank", config: { rank: 8 }, message: /rank/ }],
};
