import type { Architecture } from "../architecture.ts";
import { buildRoberta } from "./build.ts";
import type { RobertaConfig } from "./config.ts";
import { parseRobertaConfig } from "./config.ts";
import { robertaLinearModules, robertaParameters } from "./parameters.ts";

export const roberta: Architecture<RobertaConfig> = {
  modelType: "roberta",
  kind: "encoder",
  title: "RoBERTa encoder with a sequence classification head",
  parseConfig: parseRobertaConfig,
  parameters: robertaParameters,
  linearModules: robertaLinearModules,
  checkpointNaming: {
    prefixes: ["roberta."],
    // BERT's pooler is in the checkpoints that pretraining left, and this head does without it.
    ignorable: [/(^|\.)position_ids$/, /^lm_head\./, /^roberta\.pooler\./, /^pooler\./],
    rename: (name) => name,
  },
  maxLength: (config) => config.maxPositions - config.firstPosition,
  build: buildRoberta,
};
