import type { Architecture } from "../architecture.ts";
import { buildLlama } from "./build.ts";
import type { LlamaConfig } from "./config.ts";
import { parseLlamaConfig } from "./config.ts";
import { llamaLinearModules, llamaParameters } from "./parameters.ts";

/** The Llama family, of which SmolLM2 is one: decoders with rotary positions, RMSNorm and SwiGLU. */
export const llama: Architecture<LlamaConfig> = {
  modelType: "llama",
  kind: "decoder",
  title: "Llama decoder, as a language model or with a sequence classification head",
  parseConfig: parseLlamaConfig,
  parameters: llamaParameters,
  linearModules: llamaLinearModules,
  checkpointNaming: {
    prefixes: ["model."],
    ignorable: [/^lm_head\./, /\.rotary_emb\.inv_freq$/],
    rename: (name) => name,
  },
  maxLength: (config) => config.maxPositions,
  build: buildLlama,
};
