import type { Architecture } from "../architecture.ts";
import { buildGpt2 } from "./build.ts";
import type { Gpt2Config } from "./config.ts";
import { parseGpt2Config } from "./config.ts";
import { gpt2LinearModules, gpt2Parameters } from "./parameters.ts";

export const gpt2: Architecture<Gpt2Config> = {
  modelType: "gpt2",
  kind: "decoder",
  title: "GPT-2 decoder, as a language model or with a sequence classification head",
  parseConfig: parseGpt2Config,
  parameters: gpt2Parameters,
  linearModules: gpt2LinearModules,
  checkpointNaming: {
    prefixes: ["transformer."],
    // The output embeddings are the input's; masks are buffers of older files.
    ignorable: [/^lm_head\./, /\.attn\.(bias|masked_bias)$/],
    rename: (name) => name,
  },
  maxLength: (config) => config.maxPositions,
  build: buildGpt2,
};
