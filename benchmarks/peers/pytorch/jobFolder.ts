import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PreparedCell, TrainingConfig } from "@peftbench/harness";
import { optimizerSettings, trainingGraph } from "@peftbench/harness";
import type { TensorToWrite } from "@peftbench/models";
import { writeSafetensors } from "@peftbench/models";
import type { MethodStage } from "@peftbench/peft";
import { initialState, trainableTensors } from "@peftbench/peft";
import type { AdamWAttributes } from "@peftbench/runtime";
import { graphValue, learningRateAt } from "@peftbench/runtime";
import type { Batch } from "@peftbench/tasks";

/** A training job as train.py replays it; README.md describes the files. */
export interface TrainingJob {
  /** Absolute, or relative to the job's folder. */
  readonly modelFolder: string;
  readonly method: "lora" | "full";
  readonly methodConfig: Readonly<Record<string, unknown>>;
  readonly threads: number;
  readonly seed: number;
  readonly training: TrainingConfig;
  readonly prepared: PreparedCell;
  /** One a step, in order. */
  readonly batches: readonly Batch[];
  /** Optimizer steps that the learning rate's schedule spans. */
  readonly totalSteps: number;
  readonly evaluation: readonly Batch[];
}

/** @throws Error for a method that PyTorch's side does not have */
export function replayableMethod(id: string): "lora" | "full" {
  if (id === "lora" || id === "full") return id;
  throw new Error(`train.py replays lora and full, not ${id}.`);
}

export async function writeJob(folder: string, job: TrainingJob): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { training, totalSteps, batches } = job;
  const steps = batches.map(({ rows, length }, step) => {
    const learningRate = learningRateAt(step, {
      name: training.schedule,
      peakLearningRate: training.learningRate,
      warmupRatio: training.warmupRatio,
      totalSteps,
    });
    return `${JSON.stringify({ step, batch: step, learningRate, rows, length })}\n`;
  });
  await writeFile(join(folder, "steps.jsonl"), steps.join(""));
  await writeSafetensors(join(folder, "train.safetensors"), batchTensors(batches));
  if (job.evaluation.length > 0) {
    await writeSafetensors(join(folder, "eval.safetensors"), batchTensors(job.evaluation));
  }
  await writeSafetensors(join(folder, "initial.safetensors"), initialTensors(job));
  await writeFile(join(folder, "job.json"), `${JSON.stringify(describe(job), null, 2)}\n`);
}

function firstStage({ prepared, method }: TrainingJob): MethodStage {
  const stage = prepared.attachment.stages[0];
  if (stage === undefined) throw new Error(`${method} has no stage.`);
  return stage;
}

function describe(job: TrainingJob): object {
  const { prepared, training } = job;
  const { optimizer } = optimizerSettings(training);
  const graph = trainingGraph(prepared.model, firstStage(job), training, {
    length: prepared.buckets[0] ?? 8,
  });
  const undecayed = graph.nodes.filter(
    ({ op, attributes }) => op === "adamw" && (attributes as AdamWAttributes).weightDecay === 0,
  );
  return {
    formatVersion: 1,
    modelFolder: job.modelFolder,
    method: job.method,
    lora: job.method === "lora" ? loraSettings(job.methodConfig) : null,
    numLabels: prepared.model.head.kind === "classification" ? prepared.model.head.labelCount : 1,
    optimizer: {
      beta1: training.beta1,
      beta2: training.beta2,
      epsilon: training.epsilon,
      weightDecay: optimizer.weightDecay,
      noDecay: undecayed.map(({ inputs }) => graphValue(graph, inputs[0] ?? 0).name),
    },
    maxGradientNorm: optimizer.maxGradientNorm,
    threads: job.threads,
  };
}

/** The settings of LoRA that train.py knows. @throws Error for a dropout, which it does not replay */
function loraSettings({ rank, alpha, targetModules, dropout }: TrainingJob["methodConfig"]): object {
  if (dropout !== undefined && dropout !== 0) {
    throw new Error(`LoRA has dropout ${JSON.stringify(dropout)}; only runs with dropout 0 can be replayed.`);
  }
  return { rank, alpha, targetModules };
}

/** The adapter's tensors and the head: all that trains and that the checkpoint does not bring. */
function initialTensors(job: TrainingJob): readonly TensorToWrite[] {
  const { model, attachment, base } = job.prepared;
  const state = initialState(model, attachment, base, { seed: job.seed, accumulate: false });
  return trainableTensors(model, firstStage(job))
    .filter(({ role }) => role !== "baseWeight")
    .map(({ name, shape }) => ({ name, dtype: "F32", shape, data: state.get(name)?.data as Float32Array }));
}

function batchTensors(batches: readonly Batch[]): readonly TensorToWrite[] {
  return batches.flatMap((batch, index): TensorToWrite[] => {
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
