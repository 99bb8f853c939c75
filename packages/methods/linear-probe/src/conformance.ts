import type { ConformanceOptions } from "@peftbench/peft/conformance";

export const conformance: ConformanceOptions = {
  config: {},
  dropoutConfig: null,
  totalSteps: 4,
  stepZeroTolerance: 0,
  overfit: null,
  savesAsPeft: false,
  counts: [],
  invalidConfigs: [{ name: "a rank", config: { rank: 8 }, message: /rank/ }],
};
