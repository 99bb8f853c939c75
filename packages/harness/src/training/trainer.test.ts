import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { methods } from "@peftbench/methods";
import { createCpuExecutor } from "@peftbench/runtime";
import type { Batch } from "@peftbench/tasks";
import { findTask, makeBatch, planEpoch, planEvaluation } from "@peftbench/tasks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PreparedCell } from "./assemble.ts";
import { named } from "./named.ts";
import { prepareCell } from "./prepare.ts";
import { stepBatch } from "./stepBatch.ts";
import type { TinyCells } from "./testing/executeTinyCell.ts";
import { openTinyCells } from "./testing/executeTinyCell.ts";
import { Trainer } from "./trainer.ts";

let root = "";
let cells: TinyCells;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "peftbench-trainer-"));
  cells = await openTinyCells(root, methods);
});

afterAll(() => rm(root, { recursive: true, force: true }));

const executor = createCpuExecutor({ threads: 1 });

function batchesOf(prepared: PreparedCell): { readonly train: readonly Batch[]; readonly dev: Batch } {
  const { buckets, padTokenId, train, dev } = prepared;
  const options = { batchSize: 8, padTokenId, kind: "classification" } as const;
  const epochs = [0, 1].flatMap((epoch) =>
    planEpoch(train.tokenized.lengths, { batchSize: 8, buckets, seed: 3, epoch }),
  );
  const [first] = planEvaluation(dev.tokenized.lengths, { batchSize: 8, buckets });
  if (first === undefined) throw new Error("The tiny dev split is empty.");
  return {
    train: epochs.map((plan) => makeBatch(train.tokenized.examples, plan, options)),
    dev: makeBatch(dev.tokenized.examples, first, options),
  };
}

describe("what a trainer keeps of a model", () => {
  // LaMDA's and AdaLoRA's later stages begin at step 20 or before; 10 is in the first, 35 in the last.
  it.each([
    ["full", {}],
    ["lora", { rank: 4, alpha: 8, targetModules: ["query", "value"] }],
    ["lamda", { rank: 4, stages: 2, freezeFraction: 0.5, targetModules: ["query", "value"] }],
    ["adalora", { initialRank: 4, targetRank: 2, targetModules: ["query", "value"] }],
  ])("gives %s back as it was, from the same stage or a later one", async (methodId, config) => {
    const spec = cells.spec(methodId, {}, config);
    const prepared = await prepareCell(spec, findTask("sst2"), named(methods, methodId, "method"));
    const { model, attachment, base, spectra, totalSteps } = prepared;
    const trainer = await Trainer.create({
      ...{ executor, model, attachment, base, spectra, totalSteps, seed: 3 },
      training: spec.cell.config.training,
      onCompile: () => {},
      nowMs: () => 0,
    });
    const { train, dev } = batchesOf(prepared);
    const trainUpTo = async (from: number, end: number): Promise<void> => {
      for (let step = from; step < end; step++) await trainer.step(stepBatch(train[step] as Batch), step);
    };
    await trainUpTo(0, 10);
    const { name: stage } = trainer.stage;
    const then = (await trainer.logits(stepBatch(dev))).slice();
    const kept = await trainer.adapted();
    await trainUpTo(10, 12);
    expect(await trainer.logits(stepBatch(dev))).not.toEqual(then);
    await trainer.restoreAdapted(kept, 10);
    expect(await trainer.logits(stepBatch(dev))).toEqual(then);
    await trainUpTo(12, totalSteps);
    expect(trainer.stage.name !== stage).toBe(attachment.stages.length > 1);
    expect(await trainer.logits(stepBatch(dev))).not.toEqual(then);
    await trainer.restoreAdapted(kept, 10);
    expect(trainer.stage.name).toBe(stage);
    expect(await trainer.logits(stepBatch(dev))).toEqual(then);
    await trainer.dispose();
  });
});
