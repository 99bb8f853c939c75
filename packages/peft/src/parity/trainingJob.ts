import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { TensorFile } from "@peftbench/models";
import { DECODER_INPUTS, ENCODER_INPUTS, openFile, openSafetensors } from "@peftbench/models";
import type { HostArray, ProgramInputs } from "@peftbench/runtime";
import { TRAINING_INPUTS } from "../index.ts";

/** One optimizer step of a job. */
export interface JobStep {
  readonly step: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly rows: number;
  readonly length: number;
}

/** A batch under the names of a graph's inputs, with its size. */
export interface JobBatch {
  readonly rows: number;
  readonly length: number;
  /** Of an encoder-decoder. */
  readonly targetLength?: number;
  readonly inputs: ProgramInputs;
}

/** A training job as `benchmarks/peers/pytorch` replays it (its README has the format). */
export interface TrainingJob {
  readonly modelFolder: string;
  readonly labelCount: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly maxGradientNorm: number | null;
  readonly steps: readonly JobStep[];
  readonly train: readonly JobBatch[];
  readonly evaluation: readonly JobBatch[];
  /** First values of tensors that the checkpoint lacks or that differ from it. */
  readonly initial: ReadonlyMap<string, Float32Array>;
}

interface JobJson {
  readonly modelFolder: string;
  /** Where steps and batches are; the job's own folder where absent. */
  readonly dataFolder?: string;
  readonly numLabels: number;
  readonly optimizer: {
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
    readonly weightDecay: number;
    readonly noDecay: readonly string[];
  };
  readonly maxGradientNorm: number | null;
}

/** Reads a job folder. */
export async function readTrainingJob(folder: string): Promise<TrainingJob> {
  const json = JSON.parse(await readFile(join(folder, "job.json"), "utf8")) as JobJson;
  const { noDecay, ...optimizer } = json.optimizer;
  if (noDecay.length > 0)
    throw new RangeError(`${folder}: jobs with tensors of no decay are not replayed here.`);
  const data = resolve(folder, json.dataFolder ?? ".");
  return {
    ...optimizer,
    modelFolder: resolve(folder, json.modelFolder),
    labelCount: json.numLabels,
    maxGradientNorm: json.maxGradientNorm,
    steps: await readJsonLines<JobStep>(join(data, "steps.jsonl")),
    train: await readBatches(join(data, "train.safetensors")),
    evaluation: await readBatches(join(data, "eval.safetensors")),
    initial: await readTensors(join(folder, "initial.safetensors")),
  };
}

export async function readJsonLines<Line>(path: string): Promise<readonly Line[]> {
  const text = await readFile(path, "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

/** Every tensor of a safetensors file. */
export async function readTensors(path: string): Promise<ReadonlyMap<string, Float32Array>> {
  return withTensorFile(path, async (file) => {
    const tensors = new Map<string, Float32Array>();
    for (const name of file.tensors.keys()) tensors.set(name, await file.readFloat32(name));
    return tensors;
  });
}

/** The one batch of a file whose tensors are `input_ids`, `attention_mask`, ... */
export async function readBatch(path: string): Promise<JobBatch> {
  return withTensorFile(path, (file) => batchOf(file, ""));
}

async function readBatches(path: string): Promise<readonly JobBatch[]> {
  return withTensorFile(path, async (file) => {
    const batches: JobBatch[] = [];
    for (let index = 0; file.tensors.has(`${index}.input_ids`); index++) {
      batches.push(await batchOf(file, `${index}.`));
    }
    return batches;
  });
}

async function withTensorFile<Result>(
  path: string,
  read: (file: TensorFile) => Promise<Result>,
): Promise<Result> {
  const source = await openFile(path);
  try {
    return await read(await openSafetensors(source));
  } finally {
    await source.close();
  }
}

async function batchOf(file: TensorFile, prefix: string): Promise<JobBatch> {
  const [rows = 0, length = 0] = file.tensors.get(`${prefix}input_ids`)?.shape ?? [];
  // Ids are far below 2^24, so they are exact as f32.
  const integers = async (name: string): Promise<Int32Array> =>
    Int32Array.from(await file.readFloat32(`${prefix}${name}`));
  const inputs: Record<string, HostArray> = {
    [ENCODER_INPUTS.inputIds]: await integers("input_ids"),
    [ENCODER_INPUTS.typeIds]: await integers("token_type_ids"),
    [ENCODER_INPUTS.attentionMask]: await file.readFloat32(`${prefix}attention_mask`),
  };
  const has = (name: string): boolean => file.tensors.has(`${prefix}${name}`);
  const target = file.tensors.get(`${prefix}decoder_input_ids`);
  if (target !== undefined) inputs[DECODER_INPUTS.decoderInputIds] = await integers("decoder_input_ids");
  if (has("labels")) inputs[TRAINING_INPUTS.labels] = await integers("labels");
  if (has("row_weight")) {
    inputs[TRAINING_INPUTS.rowWeight] = await file.readFloat32(`${prefix}row_weight`);
  }
  return { rows, length, ...(target === undefined ? {} : { targetLength: target.shape[1] ?? 0 }), inputs };
}
