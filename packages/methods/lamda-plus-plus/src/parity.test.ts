import { fileURLToPath } from "node:url";
import { describeAdapterParity } from "@peftbench/peft/conformance";
import { createCpuExecutor } from "@peftbench/runtime";
import { lamdaPlusPlus } from "./index.ts";

const fixture = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const config = { meanRank: 4, candidates: [2, 8], alpha: 8, targetModules: ["query", "value", "dense"] };

describeAdapterParity(lamdaPlusPlus, {
  createExecutor: () => createCpuExecutor({ threads: 1 }),
  config,
  adapterFolder: null,
  inputsFile: fixture("harness/fixtures/training/adapter/inputs.safetensors"),
  modelFolder: fixture("models/fixtures/bert/gelu-erf"),
  labelCount: 2,
  written: [config, { ...config, init: "svd-sigma" }],
  misfits: [],
});
