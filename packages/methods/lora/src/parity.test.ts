import { fileURLToPath } from "node:url";
import { describeAdapterParity, describeTrainingParity } from "@peftbench/peft/conformance";
import { createCpuExecutor } from "@peftbench/runtime";
import { lora } from "./index.ts";

const fixture = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const createExecutor = () => createCpuExecutor({ threads: 1 });
const config = { rank: 4, alpha: 8, targetModules: ["query", "value"] };
const inputsFile = fixture("harness/fixtures/training/adapter/inputs.safetensors");
const option = (name: string): string => fixture(`harness/fixtures/training/options/${name}`);
const toPeft = { createExecutor, modelFolder: fixture("models/fixtures/bert/gelu-erf"), labelCount: 2 };

describeTrainingParity(lora, {
  createExecutor,
  config,
  jobFolder: fixture("harness/fixtures/training/lora"),
  withoutInfluence: null,
});

const patterns = {
  rank: 3,
  alpha: 6,
  targetModules: ["query", "key", "value"],
  rankPattern: { query: 5, "layer.1.attention.self.value": 2 },
  alphaPattern: { key: 2, "layer.0.attention.self.value": 12 },
};
const pissa = { ...config, init: "pissa" };

// Dropout is 0 in all of them: no two random generators draw the same masks. dropout.test.ts shows where it acts.
const options = [
  { name: "rslora", config: { ...config, rankStabilized: true } },
  { name: "gaussian", config: { ...config, init: "gaussian" } },
  { name: "pissa", config: pissa, writesBack: false },
  { name: "patterns", config: patterns },
  { name: "regex", config: { rank: 2, alpha: 3, targetModules: ".*layer\\.1\\..*(key|value|dense)" } },
  { name: "all-linear", config: { rank: 1, alpha: 2, targetModules: "all-linear" } },
];

for (const { name, config: ofOption, writesBack = true } of options) {
  describeTrainingParity(lora, {
    createExecutor,
    title: name,
    config: ofOption,
    jobFolder: option(name),
    withoutInfluence: null,
    savePolicies: ["eager"],
  });
  describeAdapterParity(lora, {
    ...toPeft,
    title: name,
    config: ofOption,
    adapterFolder: `${option(name)}/adapter`,
    inputsFile,
    writesBack,
    written: [],
    misfits: [],
  });
}

// Singular vectors may have other signs than peft's. That changes no loss: AdamW treats both signs alike.
describeTrainingParity(lora, {
  createExecutor,
  title: "pissa from our own decomposition",
  config: pissa,
  jobFolder: option("pissa"),
  takesInitial: /^classifier\./,
  withoutInfluence: /lora_/,
  savePolicies: ["eager"],
});

describeAdapterParity(lora, {
  ...toPeft,
  title: "pissa as peft converts it to LoRA of twice the rank",
  config: pissa,
  adapterFolder: `${option("pissa-as-lora")}/adapter`,
  inputsFile,
  writesBack: false,
  written: [],
  misfits: [
    { name: "another rank", config: { ...pissa, rank: 2 }, message: /r is 8; the method needs 4/ },
    { name: "the usual first values", config, message: /r is 8; the method needs 4/ },
  ],
});

describeAdapterParity(lora, {
  ...toPeft,
  title: "pissa as peft saves it",
  config: pissa,
  adapterFolder: `${option("pissa")}/adapter`,
  inputsFile,
  writesBack: false,
  written: [],
  misfits: [{ name: "the usual first values", config, message: /init_lora_weights is "pissa"/ }],
});

describeAdapterParity(lora, {
  ...toPeft,
  title: "with ranks and alphas by module",
  config: patterns,
  adapterFolder: `${option("patterns")}/adapter`,
  inputsFile,
  written: [],
  misfits: [
    {
      name: "one rank for all",
      config: { ...patterns, rankPattern: {} },
      message: /rank_pattern gives bert\.encoder\.layer\.0\.attention\.self\.query 5; the method needs 3/,
    },
    {
      name: "one alpha for all",
      config: { ...patterns, alphaPattern: {} },
      message: /alpha_pattern gives bert\.encoder\.layer\.0\.attention\.self\.key 2; the method needs 6/,
    },
  ],
});

describeAdapterParity(lora, {
  ...toPeft,
  config,
  adapterFolder: fixture("harness/fixtures/training/adapter"),
  written: [
    { rank: 3, alpha: 5 },
    { rank: 3, alpha: 5, rankStabilized: true },
    { rank: 2, init: "gaussian" },
    { rank: 3, alpha: 5, init: "pissa" },
    { rank: 3, alpha: 5, init: "pissa", rankStabilized: true, rankPattern: { query: 2 } },
    patterns,
    { rank: 2, dropout: 0.1, targetModules: ["query", "dense"] },
    { rank: 2, targetModules: "all-linear" },
    { rank: 1, targetModules: ".*layer\\.1\\..*(key|value)" },
  ],
  misfits: [
    { name: "another rank", config: { ...config, rank: 8 }, message: /r is 4; the method needs 8/ },
    { name: "another alpha", config: { ...config, alpha: 16 }, message: /lora_alpha is 8; .* needs 16/ },
    {
      name: "rank stabilization",
      config: { ...config, rankStabilized: true },
      message: /use_rslora is false; the method needs true/,
    },
    {
      name: "fewer modules",
      config: { ...config, targetModules: ["query"] },
      message: /Unexpected: bert\.encoder\.layer\.0\.attention\.self\.value\.lora_A\.weight/,
    },
    {
      name: "other modules",
      config: { ...config, targetModules: ["query", "value", "key"] },
      message: /Missing: bert\.encoder\.layer\.0\.attention\.self\.key\.lora_A\.weight/,
    },
  ],
});
