import { fileURLToPath } from "node:url";
import { describeAdapterParity, describeTrainingParity } from "@peftbench/peft/conformance";
import { createCpuExecutor } from "@peftbench/runtime";
import { loraFa } from "./index.ts";

const fixture = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const createExecutor = () => createCpuExecutor({ threads: 1 });
const config = { rank: 4, alpha: 8, targetModules: ["query", "value"] };
const projected = { ...config, preconditioner: "projection" };
const option = (name: string): string => fixture(`harness/fixtures/training/options/${name}`);
const training = { createExecutor, withoutInfluence: null };

describeTrainingParity(loraFa, {
  ...training,
  title: "LoRA of peft whose A is frozen",
  config,
  jobFolder: option("lora-fa"),
});

describeTrainingParity(loraFa, {
  ...training,
  title: "with peft's optimizer without epsilon and weight decay",
  config: projected,
  jobFolder: option("lora-fa-projection-bare"),
});

// Its epsilon stands before the bias correction, and its weight decay after the step.
describeTrainingParity(loraFa, {
  ...training,
  title: "with peft's optimizer as it is",
  config: projected,
  jobFolder: option("lora-fa-projection"),
  savePolicies: ["eager"],
  tolerance: 1e-3,
});

describeAdapterParity(loraFa, {
  createExecutor,
  config,
  adapterFolder: `${option("lora-fa")}/adapter`,
  inputsFile: fixture("harness/fixtures/training/adapter/inputs.safetensors"),
  modelFolder: fixture("models/fixtures/bert/gelu-erf"),
  labelCount: 2,
  written: [config, projected, { rank: 3, dropout: 0.2, targetModules: "all-linear" }],
  misfits: [{ name: "another rank", config: { ...config, rank: 8 }, message: /r is 4; the method needs 8/ }],
});
