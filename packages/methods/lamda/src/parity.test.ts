import { fileURLToPath } from "node:url";
import { describeAdapterParity, describeTrainingParity } from "@peftbench/peft/conformance";
import { createCpuExecutor } from "@peftbench/runtime";
import { lamda } from "./index.ts";

const fixture = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const createExecutor = () => createCpuExecutor({ threads: 1 });
const config = { rank: 4, alpha: 8, targetModules: ["query", "value"], freezeFraction: 0.6 };
const sigma = { ...config, init: "svd-sigma", freezeOrder: "trailing-first" };
const jobFolder = (name: string): string => fixture(`harness/fixtures/training/options/${name}`);

// The reference is a module of its own in PyTorch, from whose AdamW each column of B is taken as it freezes.
const training = [
  { name: "lamda", title: "in four stages", config },
  { name: "lamda", title: "in one stage of masks", config: { ...config, stages: 1 } },
  { name: "lamda-svd-sigma", title: "svd-sigma, trailing first", config: { ...sigma, stages: 3 } },
  {
    name: "lamda-released-code",
    title: "released-code in two stages",
    config: { ...config, rank: 5, init: "released-code", freezeFraction: 0.3, stages: 2 },
  },
];
for (const { name, title, config: ofJob } of training) {
  describeTrainingParity(lamda, {
    createExecutor,
    title,
    config: ofJob,
    jobFolder: jobFolder(name),
    withoutInfluence: null,
    savePolicies: ["eager"],
  });
}

// Singular vectors may have other signs than PyTorch's. That changes no loss: AdamW treats both signs alike.
for (const [name, ofJob] of [
  ["lamda", config],
  ["lamda-svd-sigma", sigma],
] as const) {
  describeTrainingParity(lamda, {
    createExecutor,
    title: `${name} from our own decomposition`,
    config: ofJob,
    jobFolder: jobFolder(name),
    takesInitial: /^classifier\./,
    withoutInfluence: /lamda_/,
    savePolicies: ["eager"],
  });
}

describeAdapterParity(lamda, {
  createExecutor,
  config,
  adapterFolder: null,
  inputsFile: fixture("harness/fixtures/training/adapter/inputs.safetensors"),
  modelFolder: fixture("models/fixtures/bert/gelu-erf"),
  labelCount: 2,
  written: [config, sigma, { rank: 3, init: "released-code", dropout: 0.1, targetModules: "all-linear" }],
  misfits: [],
});
