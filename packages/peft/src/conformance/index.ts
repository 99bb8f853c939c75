import type { Executor } from "@peftbench/runtime";
import { afterAll, beforeAll, describe, it } from "vitest";
import type { PeftMethod } from "../index.ts";
import type { ConformanceOptions } from "./check.ts";
import { conformanceChecks } from "./suite.ts";

export { type AdapterParityOptions, describeAdapterParity } from "./adapterParity.ts";
export type { ConformanceOptions, CountCase, InvalidConfig } from "./check.ts";
export { describeHalfStorageParity } from "./halfStorageParity.ts";
export {
  CLASSIFIER_PARAMETERS,
  type EncoderSizes,
  encoderShape,
  POOLER_PARAMETERS,
  PUBLISHED_SIZES,
  smallBert,
} from "./models.ts";
export { describeTrainingParity, type TrainingParityOptions } from "./trainingParity.ts";
export { type SharedWebgpu, shareWebgpu } from "./webgpu.ts";

/** Declares the tests that every method must pass; call it at the top of a method's test file. */
export function describeMethodConformance(method: PeftMethod, options: ConformanceOptions): void {
  describe(`${method.id} as a method`, () => {
    let executor: Executor;
    beforeAll(async () => {
      executor = await options.createExecutor();
    });
    afterAll(() => executor.dispose());
    for (const check of conformanceChecks) {
      it(check.name, () => check.run({ method, options, executor }));
    }
  });
}
