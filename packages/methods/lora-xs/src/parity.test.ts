import { fileURLToPath } from "node:url";
import { describeAdapterParity, describeTrainingParity } from "@peftbench/peft/conformance";
import { createCpuExecutor } from "@peftbench/runtime";
import { loraXs } from "./index.ts";

const fixture = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const createExecutor = () => createCpuExecutor({ threads: 1 });
const config = { rank: 4, alpha: 8, targetModules: ["query", "value", "output.dense"] };

// The reference is a module of its own in PyTorch.
describeTrainingParity(loraXs, {
  createExecutor,
  config,
  jobFolder: fixture("harness/fixtures/training/options/lora-xs"),
  withoutInfluence: null,
});

describeAdapterParity(loraXs, {
  createExecutor,
  config,
  adapterFolder: null,
  inputsFile: fixture("harness/fixtures/training/adapter/inputs.safetensors"),
  modelFolder: fixture("models/fixtures/bert/gelu-erf"),
  labelCount: 2,
  written: [config, { rank: 3, dropout: 0.1, targetModules: "all-linear" }],
  misfits: [],
});
