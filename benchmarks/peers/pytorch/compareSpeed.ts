/**
 * Times training steps of a real checkpoint on real text, ours and PyTorch's in turn, with the same threads, batches
 * and initial values; checks that the losses are equal first. Prints JSON: medians, and the ratio ours / PyTorch's.
 *
 *   tsx benchmarks/peers/pytorch/compareSpeed.ts --model MODEL_FOLDER --data GLUE_FOLDER --python PYTHON
 *     [--methods lora,full] [--lengths 32,128] [--steps 12] [--rounds 3] [--threads 2]
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { PreparedCell, TrainingConfig } from "@peftbench/harness";
import { loadSuite, median, prepareCell, stepBatch, Trainer, trainingConfigSchema } from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import { openCheckpoint } from "@peftbench/models";
import { createCpuExecutor } from "@peftbench/runtime";
import type { Batch, TokenizedExample } from "@peftbench/tasks";
import { findTask, loadTask, makeBatch } from "@peftbench/tasks";
import { replayableMethod, writeJob } from "./jobFolder.ts";

interface SpeedOptions {
  readonly model: string;
  readonly data: string;
  readonly python: string;
  readonly steps: number;
  readonly rounds: number;
  readonly threads: number;
}

interface SideTimes {
  readonly losses: readonly number[];
  readonly stepMs: readonly number[];
}

const ROWS = 32;
/** Steps at the start of a round that are not counted: the first touch of memory, code that is not compiled yet. */
const WARMUP_STEPS = 3;
const SEED = 0;

async function compareSpeed(options: SpeedOptions, methodId: string, length: number): Promise<object> {
  const { prepared, training, config } = await prepare(options, methodId);
  const batches = fullBatches(prepared, length, options.steps);
  const totalSteps = options.steps;
  const job = await mkdtemp(join(tmpdir(), "peftbench-speed-"));
  try {
    await writeJob(join(job, "job"), {
      modelFolder: resolve(options.model),
      method: replayableMethod(methodId),
      methodConfig: config,
      threads: options.threads,
      seed: SEED,
      training,
      prepared: { ...prepared, buckets: [length] },
      batches,
      totalSteps,
      evaluation: [],
    });
    const rounds: { readonly ours: SideTimes; readonly peer: SideTimes }[] = [];
    for (let round = 0; round < options.rounds; round++) {
      const ours = await timeOurs(prepared, training, batches, options.threads);
      const peer = await timePeer(options, join(job, "job"), join(job, `out-${round}`));
      requireEqualLosses(ours.losses, peer.losses);
      rounds.push({ ours, peer });
    }
    const tokens = ROWS * length;
    const side = (pick: (round: (typeof rounds)[number]) => SideTimes) => {
      const medians = rounds.map((round) => middle(pick(round).stepMs.slice(WARMUP_STEPS)));
      return {
        stepMsMedian: middle(medians),
        stepMsByRound: medians,
        tokensPerSecond: (tokens / middle(medians)) * 1000,
      };
    };
    const [ours, peer] = [side((round) => round.ours), side((round) => round.peer)];
    return {
      method: methodId,
      rows: ROWS,
      length,
      ours,
      pytorch: peer,
      ratio: ours.tokensPerSecond / peer.tokensPerSecond,
    };
  } finally {
    await rm(job, { recursive: true, force: true });
  }
}

async function prepare(options: SpeedOptions, methodId: string) {
  const method = methods.find(({ id }) => id === methodId);
  if (method === undefined) throw new Error(`There is no method ${methodId}.`);
  const suite = await loadSuite(fileURLToPath(new URL("../../glue/suite.json", import.meta.url)));
  const settings = suite.methods[methodId];
  if (settings === undefined) throw new Error(`The suite has no settings for ${methodId}.`);
  const training = trainingConfigSchema.parse({
    ...suite.training,
    ...settings.training,
    epochs: 1,
    batchSize: ROWS,
    dropout: 0,
    trainLimit: 4096,
    selectionRows: 0,
    devLimit: 32,
  });
  const checkpoint = await openCheckpoint(options.model);
  const task = findTask("sst2");
  const { provenance } = await loadTask(task, { dataFolder: options.data });
  const spec = {
    id: "0".repeat(64),
    cell: {
      suite: suite.name,
      model: "model",
      method: methodId,
      task: task.id,
      seed: SEED,
      config: { training, method: settings.config },
    },
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
  return { prepared: await prepareCell(spec, task, method), training, config: settings.config };
}

/** Batches without padding: sentences one after another until a row is full. */
function fullBatches(prepared: PreparedCell, length: number, count: number): readonly Batch[] {
  const { examples } = prepared.train.tokenized;
  let next = 0;
  const takeRow = (): TokenizedExample => {
    const ids: number[] = [];
    const label = examples[next]?.label ?? 0;
    while (ids.length < length) ids.push(...(examples[next++ % examples.length]?.inputIds ?? []));
    return { inputIds: Int32Array.from(ids.slice(0, length)), typeIds: new Int32Array(length), label };
  };
  return Array.from({ length: count }, () => {
    const rows = Array.from({ length: ROWS }, takeRow);
    const plan = { bucketLength: length, exampleIndices: Int32Array.from(rows.keys()) };
    return makeBatch(rows, plan, {
      batchSize: ROWS,
      padTokenId: prepared.padTokenId,
      kind: "classification",
    });
  });
}

async function timeOurs(
  prepared: PreparedCell,
  training: TrainingConfig,
  batches: readonly Batch[],
  threads: number,
): Promise<SideTimes> {
  const executor = createCpuExecutor({ threads });
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
  const losses: number[] = [];
  const stepMs: number[] = [];
  for (const [step, batch] of batches.entries()) {
    const started = performance.now();
    const { loss } = await trainer.step(stepBatch(batch), step);
    stepMs.push(performance.now() - started);
    losses.push(loss);
  }
  await trainer.dispose();
  return { losses, stepMs };
}

async function timePeer(options: SpeedOptions, job: string, out: string): Promise<SideTimes> {
  const script = fileURLToPath(new URL("train.py", import.meta.url));
  execFileSync(options.python, [script, job, out, "--threads", String(options.threads)], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  const timing = JSON.parse(await readFile(join(out, "timing.json"), "utf8")) as {
    readonly stepMs: readonly number[];
  };
  const lines = (await readFile(join(out, "losses.jsonl"), "utf8")).trim().split("\n");
  const losses = lines.map((line) => (JSON.parse(line) as { readonly loss: number }).loss);
  return { losses, stepMs: timing.stepMs };
}

/** A time means nothing where the work was not the same. */
function requireEqualLosses(ours: readonly number[], peer: readonly number[]): void {
  ours.forEach((loss, step) => {
    const theirs = peer[step] ?? Number.NaN;
    if (!(Math.abs(loss - theirs) <= 1e-3 * Math.abs(theirs))) {
      throw new Error(
        `The losses differ at step ${step}: ${loss} here, ${theirs} in PyTorch. Nothing was compared.`,
      );
    }
  });
}

function middle(stepMs: readonly number[]): number {
  return median(stepMs) ?? Number.NaN;
}

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    data: { type: "string" },
    python: { type: "string" },
    methods: { type: "string", default: "lora,full" },
    lengths: { type: "string", default: "32,128" },
    steps: { type: "string", default: "12" },
    rounds: { type: "string", default: "3" },
    threads: { type: "string", default: "2" },
  },
});
const { model, data, python } = values;
if (model === undefined || data === undefined || python === undefined) {
  console.error(
    "usage: compareSpeed.ts --model MODEL_FOLDER --data GLUE_FOLDER --python PYTHON [--methods lora,full] ...",
  );
  process.exit(2);
}
const [steps, rounds, threads] = [Number(values.steps), Number(values.rounds), Number(values.threads)];
const rows: object[] = [];
for (const methodId of values.methods.split(",")) {
  for (const length of values.lengths.split(",")) {
    const row = await compareSpeed({ model, data, python, steps, rounds, threads }, methodId, Number(length));
    console.error(JSON.stringify(row));
    rows.push(row);
  }
}
console.log(JSON.stringify({ threads, rounds, steps, rows }, null, 2));
