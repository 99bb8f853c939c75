import type { ConformanceOptions } from "@peftbench/peft/conformance";
import { countsOnPublishedModels } from "@peftbench/peft/conformance";

export const conformance: ConformanceOptions = {
  config: {},
  dropoutConfig: null,
  totalSteps: 4,
  stepZeroTolerance: 0,
  overfit: null,
  savesAsPeft: false,
  counts: countsOnPublishedModels({ config: {}, totalSteps: 10, hasTargets: false, trainable: () => 0 }),
  invalidConfigs: [{ name: "a rank", config: { rank: 8 }, message: /rank/ }],
};
