import type { Architecture } from "../architecture.ts";
import { buildT5 } from "./build.ts";
import type { T5Config } from "./config.ts";
import { parseT5Config } from "./config.ts";
import { t5LinearModules, t5Parameters } from "./parameters.ts";

/** No number of positions limits it: distances above the largest share a bucket. */
const MAX_LENGTH = 2 ** 20;

export const t5: Architecture<T5Config> = {
  modelType: "t5",
  kind: "encoder-decoder",
  title: "T5 encoder-decoder",
  parseConfig: parseT5Config,
  parameters: t5Parameters,
  linearModules: t5LinearModules,
  checkpointNaming: {
    prefixes: [],
    // Copies of the shared embeddings.
    ignorable: [/^(encoder|decoder)\.embed_tokens\.weight$/, /^lm_head\.weight$/],
    rename: (name) => name,
  },
  maxLength: () => MAX_LENGTH,
  build: buildT5,
};
