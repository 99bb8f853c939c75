import type { ArgsDef } from "citty";
import { publishedOption } from "../publishedFigures.ts";

export const glueOptions = {
  methods: { type: "string", valueHint: "a,b", description: "Methods to compare; the preset's where absent" },
  tasks: {
    type: "string",
    valueHint: "a,b",
    description: "Tasks (pnpm bench list); the preset's where absent",
  },
  model: {
    type: "string",
    valueHint: "folder|hf:org/name,...",
    description:
      "Hugging Face folder of a BERT, RoBERTa, DeBERTa-v3, Llama or GPT-2 model (config.json, model.safetensors, tokenizer.json), or hf:org/name@revision, or several; the bundled encoder where absent",
  },
  data: {
    type: "string",
    valueHint: "folder|hf",
    description:
      "GLUE: folder that holds SST-2/train.tsv and so on, or hf for the Hugging Face hub (hf:org/name@revision for another repository); PEFTBENCH_DATA where absent; without both, tasks that come along",
  },
  offline: {
    type: "boolean",
    description: "Download nothing: of the hub, use what an earlier run has left in the cache",
  },
  seeds: {
    type: "string",
    valueHint: "N|a,b",
    description: "The first N seeds, or these; the preset's where absent",
  },
  preset: {
    type: "string",
    valueHint: "smoke|quick|standard|paper",
    description: "How much to run (pnpm bench list); paper, for GLUE: published recipes by task",
  },
  regime: {
    type: "string",
    valueHint: "shared|tuned",
    description:
      "shared, where absent: methods run with the settings given. tuned: each method searches its own on rows held out of training, with as many trials a task as every other, and all trials stand in its results",
  },
  trials: {
    type: "string",
    valueHint: "N",
    description: "Trials of each method on each task under --regime tuned; the suite's where absent",
  },
  set: {
    type: "string",
    valueHint: "lora.rank=16,training.batchSize=32",
    description:
      "Single settings: of training, of one method (lora.rank, lora.training.epochs), of the search (search.training.selectionRows)",
  },
  "train-limit": { type: "string", valueHint: "N|all", description: "Training examples to use" },
  epochs: { type: "string", valueHint: "N", description: "Passes over them" },
  "batch-size": { type: "string", valueHint: "N", description: "Examples in a step" },
  "learning-rate": {
    type: "string",
    valueHint: "x|method=x,...",
    description: "Highest learning rate, for all or by method",
  },
  dropout: {
    type: "string",
    valueHint: "p",
    description: "Dropout of hidden states and attention; 0 for none",
  },
  "max-length": { type: "string", valueHint: "N", description: "Tokens that longer texts are cut to" },
  "save-policy": {
    type: "string",
    valueHint: "eager|recompute|layer",
    description: "Which activations are kept for the backward pass",
  },
  attention: {
    type: "string",
    valueHint: "materialized|fused",
    description: "Whether attention scores are kept as tensors, or computed in one op without them",
  },
  "frozen-weights": {
    type: "string",
    valueHint: "f32|f16",
    description: "How frozen weights are stored; f16 on WebGPU alone",
  },
  device: {
    type: "string",
    valueHint: "auto|cpu|webgpu",
    description: "Where to compute; auto where absent",
  },
  "no-probe": {
    type: "boolean",
    description: "On the CPU: measure no memory by a few steps on WebGPU",
  },
  runtime: {
    type: "string",
    valueHint: "deno|node|bun",
    description: "What runs the cells; what runs this where absent",
  },
  threads: {
    type: "string",
    valueHint: "N",
    description: "Threads on the CPU; as many as cores where absent",
  },
  out: { type: "string", valueHint: "folder", description: "Where runs and report go; results where absent" },
  published: publishedOption,
  submission: {
    type: "boolean",
    description: "Answer GLUE's hidden test splits too, in files as its server takes them",
  },
  reuse: {
    type: "string",
    valueHint: "folder,...",
    description: "Take over finished runs of the same settings from other folders of results",
  },
  "dry-run": {
    type: "boolean",
    description:
      "Show the cells that would run, their planned memory and steps, and about how long; run none",
  },
  force: { type: "boolean", description: "Run finished cells again, from nothing" },
} as const satisfies ArgsDef;
