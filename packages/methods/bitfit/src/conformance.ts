import type { ConformanceOptions } from "@peftbench/peft/conformance";
import { countsOnPublishedModels, publishedModels } from "@peftbench/peft/conformance";

export const conformance: ConformanceOptions = {
  config: {},
  dropoutConfig: null,
  totalSteps: 4,
  stepZeroTolerance: 0,
  overfit: { learningRate: 0.05, steps: 80, lossFactor: 0.3 },
  savesAsPeft: false,
  counts: countsOnPublishedModels({
    config: {},
    totalSteps: 10,
    hasTargets: false,
    trainable: ({ biases }) => biases,
    // No Llama has biases: see `bitfit.test.ts`.
    models: [publishedModels.robertaBase, publishedModels.robertaLarge, publishedModels.debertaV3Base],
  }),
  invalidConfigs: [{ name: "a rank", config: { rank: 8 }, message: /rank/ }],
};
