import { attentionKinds } from "@peftbench/models";
import { optimizerKinds, savePolicies, weightStorages } from "@peftbench/runtime";
import type { Command } from "../command.ts";
import { memoryTasks } from "./configuredModel.ts";

/** Options of `pnpm bench memory`. */
export const memoryOptions: Command["options"] = {
  model: { type: "string", valueHint: "folder|config.json", description: "Model; no weights are needed" },
  methods: { type: "string", valueHint: "a,b", description: "Methods; all where absent" },
  batch: { type: "string", valueHint: "N", description: "Examples in a step; the suite's where absent" },
  seq: { type: "string", valueHint: "N", description: "Tokens in an example; the suite's where absent" },
  "target-seq": {
    type: "string",
    valueHint: "N",
    description: "Tokens in the target of an encoder-decoder; as in the source where absent",
  },
  task: {
    type: "string",
    valueHint: memoryTasks.join("|"),
    description: "What the model predicts: classes of a text, where absent, or the next token at every place",
  },
  labels: { type: "string", valueHint: "N", description: "Classes of the head; 2 where absent" },
  rank: {
    type: "string",
    valueHint: "N",
    description: "Rank, of methods that have one; the suite's where absent",
  },
  dtype: {
    type: "string",
    valueHint: weightStorages.join("|"),
    description: "How frozen weights are stored; all else is f32. f32 where absent",
  },
  "save-policy": {
    type: "string",
    valueHint: savePolicies.join(","),
    description: "Which activations are kept for the backward pass; every policy where absent",
  },
  attention: {
    type: "string",
    valueHint: attentionKinds.join("|"),
    description: "Whether attention scores are kept as tensors, or computed in one op without them",
  },
  optimizer: {
    type: "string",
    valueHint: optimizerKinds.join("|"),
    description: "AdamW has two moments of what trains, sgd (without momentum) none; adamw where absent",
  },
  explain: {
    type: "boolean",
    description: "The moment of the peak, what is alive then, and what would lower it, each planned",
  },
  limit: {
    type: "string",
    valueHint: "MiB",
    description: "Memory that there is: what needs more is refused, with ways out, and the exit status is 1",
  },
  measure: {
    type: "boolean",
    description:
      "Runs real steps on WebGPU, with random weights and tokens, and shows what a ledger saw beside the plan",
  },
};
