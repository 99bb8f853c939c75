import type { Executor } from "@peftbench/runtime";
import { savePolicies } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import type { PeftMethod } from "../index.ts";
import { replayJob } from "../parity/replay.ts";
import { compareTraining } from "../parity/training.ts";
import { readTrainingJob } from "../parity/trainingJob.ts";

export interface TrainingParityOptions {
  readonly createExecutor: () => Executor | Promise<Executor>;
  readonly config: unknown;
  /** A job with `expected/`, what PyTorch and peft made of it, as `packages/harness/fixtures/training` has them. */
  readonly jobFolder: string;
  /** Trained tensors whose value has no influence, so that rounding alone decides it. */
  readonly withoutInfluence: RegExp | null;
}

/** Largest differences from PyTorch in float32; it differs from itself in float64 by a tenth of them. */
export const LOSS_TOLERANCE = 2e-5;
const GRADIENT_NORM_TOLERANCE = 2e-5;
const VALUE_TOLERANCE = 2e-5;

/** Declares the tests that a method trains as PyTorch and peft do, step by step. */
export function describeTrainingParity(method: PeftMethod, options: TrainingParityOptions): void {
  describe.each(savePolicies)(`${method.id} beside PyTorch, with the save policy %s`, (savePolicy) => {
    it("goes the same way step by step, and ends at the same values and predictions", async () => {
      const executor = await options.createExecutor();
      const job = await readTrainingJob(options.jobFolder);
      const replay = await replayJob(job, { executor, method, config: options.config, savePolicy });
      await executor.dispose();
      const found = await compareTraining(replay, options.jobFolder, options.withoutInfluence);
      expect(found.loss).toBeLessThan(LOSS_TOLERANCE);
      expect(found.gradientNorm).toBeLessThan(GRADIENT_NORM_TOLERANCE);
      expect(found.values, found.worstTensor).toBeLessThan(VALUE_TOLERANCE);
      expect(found.logits).toBeLessThan(VALUE_TOLERANCE);
      expect(found.predictions.equal).toBe(found.predictions.count);
    });
  });
}
