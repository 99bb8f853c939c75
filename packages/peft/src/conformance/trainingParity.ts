import { join } from "node:path";
import type { Executor } from "@peftbench/runtime";
import { savePolicies } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import type { PeftMethod } from "../index.ts";
import { largestDifference } from "./check.ts";
import { replayJob } from "./replay.ts";
import { readJsonLines, readTensors, readTrainingJob } from "./trainingJob.ts";

export interface TrainingParityOptions {
  readonly createExecutor: () => Executor | Promise<Executor>;
  readonly config: unknown;
  /** A job with `expected/`, what PyTorch and peft made of it, as `packages/harness/fixtures/training` has them. */
  readonly jobFolder: string;
  /** Trained tensors whose value has no influence, so that rounding alone decides it. */
  readonly withoutInfluence: RegExp | null;
}

/** Largest differences from PyTorch in float32; it differs from itself in float64 by a tenth of them. */
const LOSS_TOLERANCE = 2e-5;
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
      const expected = join(options.jobFolder, "expected");
      const losses = await readJsonLines<{ loss: number; gradientNorm: number }>(
        join(expected, "losses.jsonl"),
      );
      expect(replay.steps.length).toBe(losses.length);
      const relative = (found: number, reference: number): number => Math.abs(found / reference - 1);
      const worst = (key: "loss" | "gradientNorm"): number =>
        Math.max(...losses.map((line, step) => relative(replay.steps[step]?.[key] ?? Number.NaN, line[key])));
      expect(worst("loss")).toBeLessThan(LOSS_TOLERANCE);
      expect(worst("gradientNorm")).toBeLessThan(GRADIENT_NORM_TOLERANCE);

      const trained = await readTensors(join(expected, "trained.safetensors"));
      expect([...replay.trained.keys()].sort()).toEqual([...trained.keys()].sort());
      for (const [name, values] of trained) {
        if (options.withoutInfluence?.test(name)) continue;
        expect(largestDifference(replay.trained.get(name) ?? [], values), name).toBeLessThan(VALUE_TOLERANCE);
      }

      const predictions = await readJsonLines<{ batch: number; row: number; logits: number[] }>(
        join(expected, "predictions.jsonl"),
      );
      const place = ({ batch, row }: { batch: number; row: number }): string => `${batch}:${row}`;
      expect(replay.logits.map(place)).toEqual(predictions.map(place));
      for (const [index, { logits }] of predictions.entries()) {
        const found = replay.logits[index]?.logits ?? [];
        expect(largestDifference(found, logits)).toBeLessThan(VALUE_TOLERANCE);
        expect(indexOfLargest(found)).toBe(indexOfLargest(logits));
      }
    });
  });
}

function indexOfLargest(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}
