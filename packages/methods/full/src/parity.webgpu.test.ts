import { fileURLToPath } from "node:url";
import { describeTrainingParity, shareWebgpu } from "@peftbench/peft/conformance";
import { describe } from "vitest";
import { full } from "./index.ts";

const job = {
  config: {},
  jobFolder: fileURLToPath(new URL("../../../harness/fixtures/training/full", import.meta.url)),
  // A constant added to all of a query's scores: its gradient is rounding near AdamW's epsilon.
  withoutInfluence: /\.key\.bias$/,
};

describe("on WebGPU", () => {
  const { executor: createExecutor } = shareWebgpu();
  describeTrainingParity(full, { ...job, createExecutor });
});

describe("on WebGPU without clamped shaders", () => {
  const { executor: createExecutor } = shareWebgpu({ robustness: false });
  describeTrainingParity(full, { ...job, createExecutor });
});
