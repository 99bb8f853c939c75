import type { Architecture } from "../architecture.ts";
import { buildBart } from "./build.ts";
import type { BartConfig } from "./config.ts";
import { parseBartConfig } from "./config.ts";
import { bartLinearModules, bartParameters } from "./parameters.ts";

export const bart: Architecture<BartConfig> = {
  modelType: "bart",
  kind: "encoder-decoder",
  title: "BART encoder-decoder",
  parseConfig: parseBartConfig,
  parameters: bartParameters,
  linearModules: bartLinearModules,
  checkpointNaming: {
    prefixes: ["model."],
    // Copies of the shared embeddings; a bias of zeros; the head of another task.
    ignorable: [
      /^(model\.)?(encoder|decoder)\.embed_tokens\.weight$/,
      /^lm_head\.weight$/,
      /^final_logits_bias$/,
      /^classification_head\./,
    ],
    rename: (name) => name,
  },
  maxLength: (config) => config.maxPositions,
  build: buildBart,
};
