import type { Executor, SavePolicy } from "@peftbench/runtime";
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
  /** Trained tensors that are not compared: rounding alone decides them, or their signs are free. */
  readonly withoutInfluence: RegExp | null;
  /** What of the job it is, for the name of the test. */
  readonly title?: string;
  /** All where absent. */
  readonly savePolicies?: readonly SavePolicy[];
  /** Which of the job's first values are taken, by name; all where absent. The method makes the others. */
  readonly takesInitial?: RegExp;
  /** In place of the usual ones, where the reference does something a little different. */
  readonly tolerance?: number;
}

/** Largest differences from PyTorch in float32; it differs from itself in float64 by a tenth of them. */
export const LOSS_TOLERANCE = 2e-5;
const GRADIENT_NORM_TOLERANCE = 2e-5;
const VALUE_TOLERANCE = 2e-5;

/** Declares the tests that a method trains as PyTorch and peft do, step by step. */
export function describeTrainingParity(method: PeftMethod, options: TrainingParityOptions): void {
  const { config, takesInitial, title = "", tolerance } = options;
  const name = `${method.id}${title && `, ${title},`} beside PyTorch, with the save policy %s`;
  describe.each(options.savePolicies ?? savePolicies)(name, (savePolicy) => {
    it("goes the same way step by step, and ends at the same values and predictions", async () => {
      const executor = await options.createExecutor();
      const job = await readTrainingJob(options.jobFolder);
      const replay = await replayJob(job, {
        executor,
        method,
        config,
        savePolicy,
        ...(takesInitial === undefined ? {} : { takesInitial }),
      });
      await executor.dispose();
      const found = await compareTraining(replay, options.jobFolder, options.withoutInfluence);
      expect(found.loss).toBeLessThan(tolerance ?? LOSS_TOLERANCE);
      expect(found.gradientNorm).toBeLessThan(tolerance ?? GRADIENT_NORM_TOLERANCE);
      expect(found.values, found.worstTensor).toBeLessThan(tolerance ?? VALUE_TOLERANCE);
      expect(found.logits).toBeLessThan(tolerance ?? VALUE_TOLERANCE);
      expect(found.predictions.equal).toBe(found.predictions.count);
    });
  });
}
