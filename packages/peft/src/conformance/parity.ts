import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadPretrained } from "@peftbench/models";
import type { Executor } from "@peftbench/runtime";
import { savePolicies } from "@peftbench/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MethodAttachment, ModelShape, PeftMethod } from "../index.ts";
import {
  attachMethod,
  buildEvaluationGraph,
  EVALUATION_OUTPUTS,
  initialState,
  loadAdapter,
  saveAdapter,
} from "../index.ts";
import { largestDifference } from "./check.ts";
import { replayJob } from "./replay.ts";
import { readBatch, readJsonLines, readTensors, readTrainingJob } from "./trainingJob.ts";

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
const GRADIENT_NORM_TOLERANCE = 2e-4;
const VALUE_TOLERANCE = 1e-4;

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

export interface AdapterParityOptions {
  readonly createExecutor: () => Executor | Promise<Executor>;
  readonly config: unknown;
  /** An adapter that peft saved, with `inputs.safetensors` and the `logits` of `expected.safetensors`. */
  readonly adapterFolder: string;
  readonly modelFolder: string;
  readonly labelCount: number;
  /** Configurations that do not fit the adapter, with what the message must say. */
  readonly misfits: readonly { readonly name: string; readonly config: unknown; readonly message: RegExp }[];
}

const LOGITS_TOLERANCE = 1e-5;

/** Declares the tests that a method reads what peft wrote, and writes it back as it was. */
export function describeAdapterParity(method: PeftMethod, options: AdapterParityOptions): void {
  describe(`${method.id} in the files of peft`, () => {
    const head = { kind: "classification", labelCount: options.labelCount } as const;
    let executor: Executor;
    let model: ModelShape;
    let folder: string;
    const attached = (config: unknown): MethodAttachment =>
      attachMethod(method, model, config, { totalSteps: 1 });

    beforeAll(async () => {
      executor = await options.createExecutor();
      model = { ...(await loadPretrained(options.modelFolder, head, { seed: 0 })), head };
      folder = await mkdtemp(join(tmpdir(), "peftbench-adapter-"));
    });
    afterAll(async () => {
      await rm(folder, { recursive: true, force: true });
      await executor.dispose();
    });

    it("gives the logits that peft gives with the adapter that peft saved", async () => {
      const attachment = attached(options.config);
      const { values } = await loadAdapter(options.adapterFolder, model, attachment);
      const pretrained = await loadPretrained(options.modelFolder, head, { seed: 0 });
      const store = await executor.createStore(
        initialState(model, attachment, pretrained.values, { seed: 0, accumulate: false }),
      );
      for (const [name, loaded] of values) await store.write(name, loaded);
      const batch = await readBatch(join(options.adapterFolder, "inputs.safetensors"));
      const stage = attachment.stages.at(-1) as MethodAttachment["stages"][number];
      const program = await executor.compile(buildEvaluationGraph(model, stage, batch), store);
      const found = (await program.run(batch.inputs))[EVALUATION_OUTPUTS.logits]?.data ?? [];
      await program.dispose();
      const expected = await readTensors(join(options.adapterFolder, "expected.safetensors"));
      expect(largestDifference(found, expected.get("logits") ?? [])).toBeLessThan(LOGITS_TOLERANCE);
    });

    it("writes the tensors that it read, under the same names", async () => {
      const attachment = attached(options.config);
      const { values, baseModel } = await loadAdapter(options.adapterFolder, model, attachment);
      const value = (name: string): Float32Array => values.get(name) as Float32Array;
      await saveAdapter(folder, { model, attachment, value, baseModel: baseModel ?? "" });
      const file = "adapter_model.safetensors";
      const [written, original] = [
        await readTensors(join(folder, file)),
        await readTensors(join(options.adapterFolder, file)),
      ];
      expect(new Map([...written].sort())).toEqual(new Map([...original].sort()));
    });

    for (const { name, config, message } of options.misfits) {
      it(`refuses to load it with ${name}`, async () => {
        await expect(loadAdapter(options.adapterFolder, model, attached(config))).rejects.toThrow(message);
      });
    }
  });
}

function indexOfLargest(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}
