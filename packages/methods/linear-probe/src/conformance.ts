import type { ConformanceOptions } from "@peftbench/peft/conformance";
import { countsOnPublishedModels, publishedModels } from "@peftbench/peft/conformance";

export const conformance: ConformanceOptions = {
  config: {},
  dropoutConfig: null,
  totalSteps: 4,
  stepZeroTolerance: 0,
  overfit: null,
  savesAsPeft: false,
  counts: countsOnPublishedModels({
    config: {},
    totalSteps: 10,
    hasTargets: false,
    trainable: () => 0,
    // Llama 3.2's head is its embeddings, not its own: see `linear-probe.test.ts`.
    models: [
      publishedModels.robertaBase,
      publishedModels.robertaLarge,
      publishedModels.debertaV3Base,
      publishedModels.llama2With7B,
    ],
  }),
  invalidConfigs: [{ name: "a rank", config: { rank: 8 }, message: /rank/ }],
};
