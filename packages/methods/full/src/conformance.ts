import type { ConformanceOptions } from "@peftbench/peft/conformance";
import { smallBert } from "@peftbench/peft/conformance";

export const conformance: ConformanceOptions = {
  config: {},
  dropoutConfig: null,
  totalSteps: 4,
  stepZeroTolerance: 0,
  overfit: { learningRate: 0.01, steps: 30, lossFactor: 0.2 },
  savesAsPeft: false,
  counts: [
    {
      name: "the small model, by hand",
      model: smallBert,
      config: {},
      totalSteps: 4,
      // Embeddings of 19 words, 9 positions, 2 types and their norm; 2 layers; the pooler.
      trainable: (19 + 9 + 2) * 16 + 32 + 2 * (4 * (256 + 16) + (24 * 16 + 24) + (16 * 24 + 16) + 64) + 272,
      head: 2 * 16 + 2,
    },
  ],
  invalidConfigs: [{ name: "a configuration that is no object", config: "all", message: /expected object/ }],
};
