import { fileURLToPath } from "node:url";
import {
  describeAdapterParity,
  describeHalfStorageParity,
  describeTrainingParity,
  shareWebgpu,
} from "@peftbench/peft/conformance";
import { describe } from "vitest";
import { lora } from "./index.ts";

const fixture = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const job = {
  config: { rank: 4, alpha: 8, targetModules: ["query", "value"] },
  jobFolder: fixture("harness/fixtures/training/lora"),
  withoutInfluence: null,
};

describe("on WebGPU", () => {
  const webgpu = shareWebgpu();
  const createExecutor = webgpu.executor;
  describeTrainingParity(lora, { ...job, createExecutor });
  describeAdapterParity(lora, {
    createExecutor,
    config: job.config,
    adapterFolder: fixture("harness/fixtures/training/adapter"),
    modelFolder: fixture("models/fixtures/bert/gelu-erf"),
    labelCount: 2,
    written: [],
    misfits: [],
  });
  describeHalfStorageParity(lora, { ...job, webgpu });
});

describe("on WebGPU without clamped shaders", () => {
  const webgpu = shareWebgpu({ robustness: false });
  describeTrainingParity(lora, { ...job, createExecutor: webgpu.executor });
  describeHalfStorageParity(lora, { ...job, webgpu });
});
