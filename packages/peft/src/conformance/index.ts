import type { Executor } from "@peftbench/runtime";
import { createCpuExecutor } from "@peftbench/runtime";
import { afterAll, describe, it } from "vitest";
import type { PeftMethod } from "../index.ts";
import type { ConformanceOptions } from "./check.ts";
import { conformanceChecks } from "./suite.ts";
import { shareWebgpu } from "./webgpu.ts";

export { type AdapterParityOptions, describeAdapterParity } from "./adapterParity.ts";
export type { ConformanceOptions, CountCase, InvalidConfig } from "./check.ts";
export { describeHalfStorageParity } from "./halfStorageParity.ts";
export {
  CLASSIFIER_PARAMETERS,
  type EncoderSizes,
  encoderShape,
  PUBLISHED_SIZES,
  smallBert,
} from "./models.ts";
export { countsAsPublished, countsOnPublishedModels, flatSpectra } from "./published/counts.ts";
export { countedModel } from "./published/declare.ts";
export { publishedModels } from "./published/models.ts";
export { describeTrainingParity, type TrainingParityOptions } from "./trainingParity.ts";
export { type SharedWebgpu, shareWebgpu } from "./webgpu.ts";

/**
 * Declares the tests that every method must pass; call it at the top of a method's test file. On WebGPU, it leaves out
 * the checks that run nothing, as counts and refused configurations: the CPU's test file has them.
 */
export function describeMethodConformance(
  method: PeftMethod,
  options: ConformanceOptions,
  kind: "cpu" | "webgpu" = "cpu",
): void {
  describe(`${method.id} as a method${kind === "webgpu" ? ", on WebGPU" : ""}`, () => {
    const executor = kind === "cpu" ? shareCpu() : shareWebgpu().executor;
    for (const check of conformanceChecks) {
      if (kind === "webgpu" && !check.usesExecutor) continue;
      it(check.name, () => check.run({ method, options, executor: executor() }));
    }
  });
}

function shareCpu(): () => Executor {
  const executor = createCpuExecutor({ threads: 1 });
  afterAll(() => executor.dispose());
  return () => executor;
}
