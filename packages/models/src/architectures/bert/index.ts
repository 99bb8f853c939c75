import type { Architecture } from "../architecture.ts";
import { buildBert } from "./build.ts";
import type { BertConfig } from "./config.ts";
import { parseBertConfig } from "./config.ts";
import { bertLinearModules, bertParameters } from "./parameters.ts";
import { bertPretrainingHeads } from "./pretrainingHeads.ts";

export const bert: Architecture<BertConfig> = {
  modelType: "bert",
  kind: "encoder",
  title: "BERT encoder with a sequence classification head",
  parseConfig: parseBertConfig,
  parameters: bertParameters,
  linearModules: bertLinearModules,
  checkpointNaming: {
    prefixes: ["bert."],
    ignorable: [/(^|\.)position_ids$/, /^cls\./],
    // Checkpoints converted from TensorFlow call the norm's weight gamma and its bias beta.
    rename: (name) =>
      name.replace(/LayerNorm\.gamma$/, "LayerNorm.weight").replace(/LayerNorm\.beta$/, "LayerNorm.bias"),
  },
  maxLength: (config) => config.maxPositions,
  pretrainingHeads: bertPretrainingHeads,
  build: buildBert,
};
