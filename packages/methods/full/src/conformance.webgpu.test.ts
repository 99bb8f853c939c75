import { fileURLToPath } from "node:url";
import { describeMethodConformance, describeTrainingParity, shareWebgpu } from "@peftbench/peft/conformance";
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
  describeMethodConformance(full, {
    createExecutor,
    config: {},
    dropoutConfig: null,
    totalSteps: 4,
    stepZeroTolerance: 0,
    overfit: { learningRate: 0.01, steps: 30, lossFactor: 0.2 },
    savesAsPeft: false,
    // Counting and configurations need no executor: full.test.ts has them.
    counts: [],
    invalidConfigs: [],
  });
  describeTrainingParity(full, { ...job, createExecutor });
});

describe("on WebGPU without clamped shaders", () => {
  const { executor: createExecutor } = shareWebgpu({ robustness: false });
  describeTrainingParity(full, { ...job, createExecutor });
});
