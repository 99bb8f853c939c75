/**
 * A fine-tuning run of a real checkpoint on SST-2, on the CPU executor and on WebGPU: the losses of each step beside
 * each other, in which nothing but rounding may differ (dropout draws the same numbers on both). Writes JSON.
 *
 *   tsx benchmarks/webgpu/compareLosses.ts --model MODEL_FOLDER --data GLUE_FOLDER --out FILE
 *     [--method lora] [--steps 100] [--rows 16] [--threads 2] [--robustness on]
 *
 * The adapter is the one that the system puts first, or that `VK_DRIVER_FILES` names.
 */
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { PreparedCell, TrainingConfig } from "@peftbench/harness";
import {
  loadSuite,
  prepareCell,
  stepBatch,
  Trainer,
  trainingConfigSchema,
  writeFileAtomic,
} from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import { openCheckpoint } from "@peftbench/models";
import type { Executor } from "@peftbench/runtime";
import { createCpuExecutor, createWebgpuExecutor, openWebgpuDevice, patiently } from "@peftbench/runtime";
import type { Batch } from "@peftbench/tasks";
import { findTask, loadTask, makeBatch, planEpoch } from "@peftbench/tasks";
import { provenanceOf } from "./provenance.ts";

interface LossOptions {
  readonly model: string;
  readonly data: string;
  readonly method: string;
  readonly steps: number;
  readonly rows: number;
  readonly threads: number;
  readonly robustness: boolean;
}

interface StepResult {
  readonly loss: number;
  readonly gradientNorm: number;
}

const SEED = 0;

async function compareLosses(options: LossOptions): Promise<object> {
  const { prepared, training } = await prepare(options);
  const batches = trainingBatches(prepared, training).slice(0, options.steps);
  const opened = await openWebgpuDevice({ adapter: "any", robustness: options.robustness });
  // At the start: what the sources are when it ends was never loaded.
  const provenance = await provenanceOf(opened.adapter);
  const wait = <T>(work: Promise<T>): Promise<T> => (opened.adapter.isSoftware ? patiently(work) : work);
  const cpu = await train(prepared, training, batches, createCpuExecutor({ threads: options.threads }));
  const executor = createWebgpuExecutor({ device: opened });
  const webgpu = await train(prepared, training, batches, executor, wait);
  await opened.dispose();

  const relative = (key: keyof StepResult): readonly number[] =>
    cpu.map((step, index) => Math.abs((webgpu[index]?.[key] ?? Number.NaN) / step[key] - 1));
  const losses = relative("loss");
  return {
    ...provenance,
    robustness: opened.adapter.robustness,
    method: options.method,
    rows: options.rows,
    buckets: prepared.buckets,
    stepsByLength: countBy(batches.map(({ length }) => String(length))),
    dropout: training.dropout,
    steps: batches.length,
    lossRelativeDifference: {
      largest: Math.max(...losses),
      atStep: losses.indexOf(Math.max(...losses)),
      median: losses.toSorted((a, b) => a - b)[Math.floor(losses.length / 2)],
      first30Largest: Math.max(...losses.slice(0, 30)),
    },
    gradientNormLargestRelativeDifference: Math.max(...relative("gradientNorm")),
    perStep: cpu.map(({ loss }, step) => ({
      step,
      length: batches[step]?.length,
      cpu: loss,
      webgpu: webgpu[step]?.loss,
      relativeDifference: losses[step],
    })),
  };
}

async function prepare(options: LossOptions) {
  const method = methods.find(({ id }) => id === options.method);
  const suite = await loadSuite(fileURLToPath(new URL("../glue/suite.json", import.meta.url)));
  const settings = suite.methods[options.method];
  if (method === undefined || settings === undefined) {
    throw new Error(`There is no method ${options.method}.`);
  }
  const training = trainingConfigSchema.parse({
    ...suite.training,
    ...settings.training,
    epochs: 1,
    batchSize: options.rows,
    // One batch of each bucket may be partly empty.
    trainLimit: options.rows * options.steps,
    selectionRows: 0,
    devLimit: options.rows,
  });
  const checkpoint = await openCheckpoint(options.model);
  const task = findTask("sst2");
  const { provenance } = await loadTask(task, { dataFolder: options.data });
  const cell = {
    suite: suite.name,
    model: "model",
    method: options.method,
    task: task.id,
    seed: SEED,
    config: { training, method: settings.config },
  };
  const spec = {
    id: "0".repeat(64),
    cell,
    purpose: "report",
    tuning: null,
    modelFolder: resolve(options.model),
    dataFolder: resolve(options.data),
    runFolder: tmpdir(),
    executor: "cpu",
    adapter: null,
    measuredMemory: null,
    notices: [] as string[],
    warnings: [] as string[],
    threads: options.threads,
    weightsChecksum: await checkpoint.checksum(),
    dataChecksum: provenance.checksum,
    sources: null,
    force: false,
  } as const;
  await checkpoint.close();
  return { prepared: await prepareCell(spec, task, method), training };
}

function trainingBatches(
  { train, buckets, padTokenId }: PreparedCell,
  { batchSize }: TrainingConfig,
): readonly Batch[] {
  return planEpoch(train.tokenized.lengths, { batchSize, buckets, seed: SEED, epoch: 0 }).map((plan) =>
    makeBatch(train.tokenized.examples, plan, { batchSize, padTokenId, kind: findTask("sst2").kind }),
  );
}

async function train(
  prepared: PreparedCell,
  training: TrainingConfig,
  batches: readonly Batch[],
  executor: Executor,
  wait: <T>(work: Promise<T>) => Promise<T> = (work) => work,
): Promise<readonly StepResult[]> {
  const { model, attachment, base } = prepared;
  const trainer = await Trainer.create({
    executor,
    model,
    attachment,
    base,
    training,
    seed: SEED,
    totalSteps: batches.length,
    onCompile: () => {},
    nowMs: () => performance.now(),
  });
  const steps: StepResult[] = [];
  for (const [step, batch] of batches.entries()) {
    const { loss, gradientNorm } = await wait(trainer.step(stepBatch(batch), step));
    steps.push({ loss, gradientNorm });
    console.error(`${executor.kind} step ${step} of ${batches.length}, length ${batch.length}: ${loss}`);
  }
  await trainer.dispose();
  await executor.dispose();
  return steps;
}

function countBy(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

const { values } = parseArgs({
  options: {
    model: { type: "string", default: process.env.PEFTBENCH_MINILM },
    data: { type: "string" },
    out: { type: "string" },
    method: { type: "string", default: "lora" },
    steps: { type: "string", default: "100" },
    rows: { type: "string", default: "16" },
    threads: { type: "string", default: "2" },
    robustness: { type: "string", default: "on" },
  },
});
const { model, data, out, method } = values;
if (model === undefined || data === undefined || out === undefined) {
  console.error(
    "usage: compareLosses.ts --model MODEL_FOLDER --data GLUE_FOLDER --out FILE [--steps 100] ...",
  );
  process.exit(2);
}
const result = await compareLosses({
  model,
  data,
  method,
  steps: Number(values.steps),
  rows: Number(values.rows),
  threads: Number(values.threads),
  robustness: values.robustness !== "off",
});
await mkdir(dirname(resolve(out)), { recursive: true });
await writeFileAtomic(out, `${JSON.stringify(result, null, 2)}\n`);
