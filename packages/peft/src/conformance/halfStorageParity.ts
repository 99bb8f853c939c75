import { createCpuExecutor } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import type { PeftMethod } from "../index.ts";
import { relativeDifference } from "../parity/differences.ts";
import { replayJob } from "../parity/replay.ts";
import { compareTraining } from "../parity/training.ts";
import { readTrainingJob } from "../parity/trainingJob.ts";
import type { TrainingParityOptions } from "./trainingParity.ts";
import { LOSS_TOLERANCE } from "./trainingParity.ts";
import type { SharedWebgpu } from "./webgpu.ts";

/** A weight that is rounded to f16 (11 significant bits) moves by at most this share of itself. */
const HALF_ROUNDING = 2 ** -11;

/**
 * The largest relative change of a loss that f16 storage may make, from that of weights in full. A loss that depends
 * smoothly on its logits moves by a small multiple of what the weights move by; 30 steps of training add to it.
 */
const ROUNDED_LOSS_TOLERANCE = 16 * HALF_ROUNDING;

/** Declares the tests that a method trains on frozen weights stored as f16 as it does on those weights rounded. */
export function describeHalfStorageParity(
  method: PeftMethod,
  options: Omit<TrainingParityOptions, "createExecutor"> & { readonly webgpu: SharedWebgpu },
): void {
  describe(`${method.id} on frozen weights stored as f16`, () => {
    const { webgpu, config, jobFolder, withoutInfluence } = options;

    it("trains as the CPU does on the rounded weights, and near what PyTorch does on the full ones", async (context) => {
      context.skip(!webgpu.device().profile.supportsF16, "the adapter has no shader-f16");
      const job = await readTrainingJob(jobFolder);
      const common = { method, config, savePolicy: "eager" } as const;
      const stored = await replayJob(job, { ...common, executor: webgpu.executor(), weights: "f16" });
      const cpu = createCpuExecutor({ threads: 1 });
      const rounded = await replayJob(job, { ...common, executor: cpu, weights: "rounded" });
      await cpu.dispose();
      for (const [step, { loss }] of rounded.steps.entries()) {
        expect(relativeDifference(stored.steps[step]?.loss ?? 0, loss)).toBeLessThan(LOSS_TOLERANCE);
      }
      const full = await compareTraining(stored, jobFolder, withoutInfluence);
      expect(full.loss).toBeLessThan(ROUNDED_LOSS_TOLERANCE);
      // Rounding is seen: else f16 was never stored.
      expect(full.loss).toBeGreaterThan(LOSS_TOLERANCE);
    });

    it("is refused by name on an adapter without f16", async (context) => {
      context.skip(webgpu.device().profile.supportsF16, "the adapter has shader-f16");
      const job = await readTrainingJob(jobFolder);
      const executor = webgpu.executor();
      const replay = replayJob(job, { executor, method, config, savePolicy: "eager", weights: "f16" });
      await expect(replay).rejects.toThrow(/stored as f16, which .* does not have/);
    });
  });
}
