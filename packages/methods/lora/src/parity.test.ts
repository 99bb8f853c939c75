import { fileURLToPath } from "node:url";
import { describeAdapterParity, describeTrainingParity } from "@peftbench/peft/conformance";
import { createCpuExecutor } from "@peftbench/runtime";
import { lora } from "./index.ts";

const fixture = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const createExecutor = () => createCpuExecutor({ threads: 1 });
const config = { rank: 4, alpha: 8, targetModules: ["query", "value"] };

describeTrainingParity(lora, {
  createExecutor,
  config,
  jobFolder: fixture("harness/fixtures/training/lora"),
  withoutInfluence: null,
});

describeAdapterParity(lora, {
  createExecutor,
  config,
  adapterFolder: fixture("harness/fixtures/training/adapter"),
  modelFolder: fixture("models/fixtures/bert/gelu-erf"),
  labelCount: 2,
  written: [
    { rank: 3, alpha: 5 },
    { rank: 2, dropout: 0.1, targetModules: ["query", "dense"] },
    { rank: 2, targetModules: "all-linear" },
    { rank: 1, targetModules: ".*layer\\.1\\..*(key|value)" },
  ],
  misfits: [
    { name: "another rank", config: { ...config, rank: 8 }, message: /r is 4; the method needs 8/ },
    { name: "another alpha", config: { ...config, alpha: 16 }, message: /lora_alpha is 8; .* needs 16/ },
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
