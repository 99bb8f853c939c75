/**
 * Writes a finished run as a job that train.py replays: same initial values, batches, order and learning rates.
 *
 *   tsx benchmarks/peers/pytorch/exportJob.ts --run RUN_FOLDER --model MODEL_FOLDER --data GLUE_FOLDER --out JOB_FOLDER
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { PreparedCell, PreparedSplit, RunResult } from "@peftbench/harness";
import {
  optimizerSettings,
  parseResult,
  prepareCell,
  trainingConfigSchema,
  trainingGraph,
} from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import type { TensorToWrite } from "@peftbench/models";
import { writeSafetensors } from "@peftbench/models";
import { initialState, trainableTensors } from "@peftbench/peft";
import type { AdamWAttributes } from "@peftbench/runtime";
import { graphValue, learningRateAt } from "@peftbench/runtime";
import type { BatchPlan } from "@peftbench/tasks";
import { findTask, makeBatch, planEpoch, planEvaluation } from "@peftbench/tasks";

interface ExportOptions {
  readonly run: string;
  readonly model: string;
  readonly data: string;
  readonly out: string;
}

async function exportJob(options: ExportOptions): Promise<void> {
  const resultFile = join(options.run, "result.json");
  const result = parseResult(await readFile(resultFile, "utf8"), resultFile);
  const training = trainingConfigSchema.parse(result.cell.config.training);
  if (training.dropout !== 0) {
    throw new Error(
      `${resultFile} was trained with dropout ${training.dropout}; only runs with dropout 0 can be replayed.`,
    );
  }
  const task = findTask(result.cell.task);
  const method = methods.find(({ id }) => id === result.cell.method);
  if (method === undefined || result.data === null || result.weights === null)
    throw new Error(`${resultFile} is no finished run of a known method.`);
  const prepared = await prepareCell(
    {
      id: result.id,
      cell: { ...result.cell, config: { ...result.cell.config, training } },
      modelFolder: resolve(options.model),
      dataFolder: resolve(options.data),
      runFolder: resolve(options.run),
      executor: "cpu",
      threads: result.environment.threads,
      weightsChecksum: result.weights.checksum,
      dataChecksum: result.data.checksum,
      sources: null,
      force: false,
    },
    task,
    method,
  );
  await mkdir(options.out, { recursive: true });
  const { seed } = result.cell;
  const { batchSize, epochs } = training;
  const { buckets } = prepared;
  const plans = Array.from({ length: epochs }, (_, epoch) =>
    planEpoch(prepared.train.tokenized.lengths, { batchSize, buckets, seed, epoch }),
  ).flat();
  const steps = plans.map(({ bucketLength }, step) => ({
    step,
    batch: step,
    learningRate: learningRateAt(step, {
      name: training.schedule,
      peakLearningRate: training.learningRate,
      warmupRatio: training.warmupRatio,
      totalSteps: prepared.totalSteps,
    }),
    rows: batchSize,
    length: bucketLength,
  }));
  await writeFile(
    join(options.out, "steps.jsonl"),
    steps.map((step) => `${JSON.stringify(step)}\n`).join(""),
  );
  const write = (name: string, tensors: readonly TensorToWrite[]): Promise<void> =>
    writeSafetensors(join(options.out, name), tensors);
  await write("train.safetensors", batchTensors(prepared, prepared.train, plans, batchSize));
  const evaluation = planEvaluation(prepared.dev.tokenized.lengths, { batchSize, buckets });
  await write("eval.safetensors", batchTensors(prepared, prepared.dev, evaluation, batchSize));
  await write("initial.safetensors", initialTensors(prepared, seed));
  const job = describeJob(result, prepared, resolve(options.model));
  await writeFile(join(options.out, "job.json"), `${JSON.stringify(job, null, 2)}\n`);
  // train.py numbers evaluation rows by batch and row; this maps them back to the examples of predictions.jsonl.
  const exampleIds = evaluation.map(({ exampleIndices }) =>
    [...exampleIndices].map((index) => prepared.dev.examples[index]?.id),
  );
  await writeFile(join(options.out, "evalExampleIds.json"), `${JSON.stringify(exampleIds)}\n`);
}

function describeJob(result: RunResult, prepared: PreparedCell, modelFolder: string): object {
  const training = trainingConfigSchema.parse(result.cell.config.training);
  const { optimizer } = optimizerSettings(training);
  const stage = prepared.attachment.stages[0];
  if (stage === undefined) throw new Error(`${result.cell.method} has no stage.`);
  const graph = trainingGraph(prepared.model, stage, training, prepared.buckets[0] ?? 8);
  const updates = graph.nodes.filter((node) => node.op === "adamw");
  const noDecay = updates
    .filter((node) => (node.attributes as AdamWAttributes).weightDecay === 0)
    .map((node) => graphValue(graph, node.inputs[0] ?? 0).name);
  return {
    formatVersion: 1,
    modelFolder,
    method: result.cell.method,
    lora: result.cell.method === "lora" ? result.cell.config.method : null,
    numLabels: prepared.model.head.kind === "classification" ? prepared.model.head.labelCount : 1,
    optimizer: {
      beta1: optimizer.beta1,
      beta2: optimizer.beta2,
      epsilon: optimizer.epsilon,
      weightDecay: optimizer.weightDecay,
      noDecay,
    },
    maxGradientNorm: optimizer.maxGradientNorm,
    threads: result.environment.threads,
  };
}

/** The adapter's tensors and the head: all that trains and that the checkpoint does not bring. */
function initialTensors(prepared: PreparedCell, seed: number): readonly TensorToWrite[] {
  const { model, attachment, base } = prepared;
  const stage = attachment.stages[0];
  if (stage === undefined) return [];
  const state = initialState(model, attachment, base, { seed, accumulate: false });
  return trainableTensors(model, stage)
    .filter(({ role }) => role !== "baseWeight")
    .map(({ name, shape }) => ({ name, dtype: "F32", shape, data: state.get(name)?.data as Float32Array }));
}

function batchTensors(
  prepared: PreparedCell,
  split: PreparedSplit,
  plans: readonly BatchPlan[],
  batchSize: number,
): readonly TensorToWrite[] {
  const { padTokenId, task } = prepared;
  return plans.flatMap((plan, index): TensorToWrite[] => {
    const batch = makeBatch(split.tokenized.examples, plan, { batchSize, padTokenId, kind: task.kind });
    const matrix = [batch.rows, batch.length];
    return [
      { name: `${index}.input_ids`, dtype: "I32", shape: matrix, data: batch.inputIds },
      { name: `${index}.attention_mask`, dtype: "I32", shape: matrix, data: batch.attentionMask },
      { name: `${index}.token_type_ids`, dtype: "I32", shape: matrix, data: batch.typeIds },
      { name: `${index}.labels`, dtype: "I32", shape: [batch.rows], data: batch.labels },
      { name: `${index}.row_weight`, dtype: "F32", shape: [batch.rows], data: batch.rowWeight },
    ];
  });
}

const { values } = parseArgs({
  options: {
    run: { type: "string" },
    model: { type: "string" },
    data: { type: "string" },
    out: { type: "string" },
  },
});
const { run, model, data, out } = values;
if (run === undefined || model === undefined || data === undefined || out === undefined) {
  console.error(
    "usage: exportJob.ts --run RUN_FOLDER --model MODEL_FOLDER --data GLUE_FOLDER --out JOB_FOLDER",
  );
  process.exit(2);
}
await exportJob({ run, model, data, out });
