import type { ConformanceOptions } from "@peftbench/peft/conformance";
import { countsOnPublishedModels } from "@peftbench/peft/conformance";

export const conformance: ConformanceOptions = {
  config: {},
  dropoutConfig: null,
  totalSteps: 4,
  stepZeroTolerance: 0,
  overfit: { learningRate: 0.01, steps: 30, lossFactor: 0.2 },
  savesAsPeft: false,
  counts: countsOnPublishedModels({
    config: {},
    totalSteps: 10,
    hasTargets: false,
    trainable: ({ base }) => base,
  }),
  invalidConfigs: [{ name: "a configuration that is no object", config: "all", message: /expected object/ }],
};
