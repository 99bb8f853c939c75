import type { Architecture } from "../architecture.ts";
import { buildDeberta } from "./build.ts";
import type { DebertaConfig } from "./config.ts";
import { parseDebertaConfig } from "./config.ts";
import { debertaLinearModules, debertaParameters } from "./parameters.ts";

/** DeBERTa-v3, which has the `model_type` of DeBERTa-v2 and is its architecture with other settings. */
export const deberta: Architecture<DebertaConfig> = {
  modelType: "deberta-v2",
  kind: "encoder",
  title: "DeBERTa-v3 encoder with a sequence classification head",
  parseConfig: parseDebertaConfig,
  parameters: debertaParameters,
  linearModules: debertaLinearModules,
  checkpointNaming: {
    prefixes: ["deberta."],
    ignorable: [
      // Heads of pretraining: of the generator, of the discriminator, and of DeBERTa-v2.
      /^lm_predictions\./,
      /^mask_predictions\./,
      /^cls\./,
      // Absolute positions, which checkpoints bring and this input does without.
      /(^|\.)embeddings\.position_embeddings\./,
      /(^|\.)position_ids$/,
    ],
    rename: (name) => name,
  },
  maxLength: (config) => config.maxPositions,
  build: buildDeberta,
};
