import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseResult, prepareCell, trainingConfigSchema } from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import type { BatchPlan } from "@peftbench/tasks";
import { findTask, makeBatch, planEpoch, planEvaluation } from "@peftbench/tasks";
import { replayableMethod, writeJob } from "./jobFolder.ts";

export interface ExportOptions {
  readonly run: string;
  readonly model: string;
  readonly data: string;
  readonly out: string;
}

/** Writes a finished run as a job that train.py replays: same initial values, batches, order and learning rates. */
export async function exportJob(options: ExportOptions): Promise<void> {
  const resultFile = join(options.run, "result.json");
  const result = parseResult(await readFile(resultFile, "utf8"), resultFile);
  const training = trainingConfigSchema.parse(result.cell.config.training);
  if (training.dropout !== 0) {
    throw new Error(
      `${resultFile} has dropout ${training.dropout}; only runs with dropout 0 can be replayed.`,
    );
  }
  const method = methods.find(({ id }) => id === result.cell.method);
  if (method === undefined || result.data === null || result.weights === null) {
    throw new Error(`${resultFile} is no finished run of a known method.`);
  }
  const { threads } = result.environment;
  const prepared = await prepareCell(
    {
      id: result.id,
      cell: { ...result.cell, config: { ...result.cell.config, training } },
      purpose: "report",
      tuning: null,
      modelFolder: resolve(options.model),
      dataFolder: resolve(options.data),
      runFolder: resolve(options.run),
      executor: "cpu",
      adapter: null,
      measuredMemory: null,
      notices: [],
      warnings: [],
      threads,
      weightsChecksum: result.weights.checksum,
      dataChecksum: result.data.checksum,
      sources: null,
      force: false,
    },
    findTask(result.cell.task),
    method,
  );
  const { seed } = result.cell;
  const { batchSize, epochs } = training;
  const { buckets, padTokenId, train, dev } = prepared;
  const batch = (split: typeof train) => (plan: BatchPlan) =>
    makeBatch(split.tokenized.examples, plan, {
      batchSize,
      padTokenId,
      kind: findTask(result.cell.task).kind,
    });
  const plans = Array.from({ length: epochs }, (_, epoch) =>
    planEpoch(train.tokenized.lengths, { batchSize, buckets, seed, epoch }),
  ).flat();
  const evaluation = planEvaluation(dev.tokenized.lengths, { batchSize, buckets });
  await writeJob(options.out, {
    modelFolder: resolve(options.model),
    method: replayableMethod(result.cell.method),
    methodConfig: result.cell.config.method,
    threads,
    seed,
    training,
    prepared,
    batches: plans.map(batch(train)),
    totalSteps: prepared.totalSteps,
    evaluation: evaluation.map(batch(dev)),
  });
  // train.py numbers evaluation rows by batch and row; this maps them back to the examples of predictions.jsonl.
  const exampleIds = evaluation.map((plan) =>
    [...plan.exampleIndices].map((index) => dev.examples[index]?.id),
  );
  await writeFile(join(options.out, "evalExampleIds.json"), `${JSON.stringify(exampleIds)}\n`);
}
