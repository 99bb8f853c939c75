/**
 * Where the time of a training step on the CPU executor goes: by op of our graph, and by ONNX op. Prints JSON.
 *
 *   tsx benchmarks/cpuProfile.ts --model MODEL_FOLDER [--method lora] [--rows 32] [--length 32] [--steps 10] [--threads 2]
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadSuite, stepBatch, Trainer, trainingConfigSchema } from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import { loadPretrained } from "@peftbench/models";
import { attachMethod } from "@peftbench/peft";
import { createCpuExecutor } from "@peftbench/runtime";
import type { TokenizedExample } from "@peftbench/tasks";
import { makeBatch } from "@peftbench/tasks";

interface ProfileOptions {
  readonly model: string;
  readonly method: string;
  readonly rows: number;
  readonly length: number;
  readonly steps: number;
  readonly threads: number;
}

/** A line of ONNX Runtime's profile (Chrome's trace format); times in microseconds. */
interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly ts: number;
  readonly args?: { readonly op_name?: string };
}

/** Runs that are left out: memory is touched for the first time. */
const WARMUP_STEPS = 2;
const HEAD = { kind: "classification", labelCount: 2 } as const;

async function profile(options: ProfileOptions): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), "peftbench-profile-"));
  try {
    const stepMs = await train(options, join(folder, "profile"));
    const [file] = await readdir(folder);
    if (file === undefined) throw new Error(`ONNX Runtime wrote no profile to ${folder}.`);
    const events = JSON.parse(await readFile(join(folder, file), "utf8")) as readonly TraceEvent[];
    const runs = events.filter(({ name }) => name === "model_run").toSorted((a, b) => a.ts - b.ts);
    const from = runs[WARMUP_STEPS]?.ts ?? 0;
    const counted = options.steps - WARMUP_STEPS;
    const kernels = events.filter(
      ({ cat, name, ts }) => cat === "Node" && name.endsWith("_kernel_time") && ts >= from,
    );
    const totalMs = (list: readonly TraceEvent[]): number =>
      list.reduce((sum, { dur }) => sum + dur, 0) / 1000 / counted;
    const stepMsMean = stepMs.slice(WARMUP_STEPS).reduce((sum, ms) => sum + ms, 0) / counted;
    const onnxRunMs = totalMs(runs.slice(WARMUP_STEPS));
    const table = (keyOf: (event: TraceEvent) => string): object[] => {
      const groups = new Map<string, TraceEvent[]>();
      for (const event of kernels) groups.set(keyOf(event), [...(groups.get(keyOf(event)) ?? []), event]);
      return [...groups]
        .map(([op, list]) => ({ op, ms: round(totalMs(list)), share: round(totalMs(list) / stepMsMean) }))
        .toSorted((a, b) => b.ms - a.ms);
    };
    return {
      ...options,
      model: undefined,
      stepMsMean: round(stepMsMean),
      onnxRunMs: round(onnxRunMs),
      onnxKernelMs: round(totalMs(kernels)),
      /** The optimizer in JavaScript, the copies in and out, and all else outside `session.run`. */
      outsideOnnxMs: round(stepMsMean - onnxRunMs),
      byGraphOp: table(({ name }) => /([A-Za-z]+)#\d+:/.exec(name)?.[1] ?? "made by ONNX Runtime"),
      byOnnxOp: table(({ args }) => args?.op_name ?? "unknown"),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function train(options: ProfileOptions, profilePrefix: string): Promise<readonly number[]> {
  const { rows, length, steps, threads } = options;
  const { architecture, config, headParameters, values } = await loadPretrained(options.model, HEAD, {
    seed: 0,
  });
  const method = methods.find(({ id }) => id === options.method);
  const suite = await loadSuite(fileURLToPath(new URL("glue/suite.json", import.meta.url)));
  const settings = suite.methods[options.method];
  if (method === undefined || settings === undefined)
    throw new Error(`There is no method ${options.method}.`);
  const model = { architecture, config, head: HEAD, headParameters };
  const attachment = attachMethod(method, model, settings.config, { totalSteps: steps });
  const trainer = await Trainer.create({
    executor: createCpuExecutor({ threads, profilePrefix }),
    model,
    attachment,
    base: values,
    training: trainingConfigSchema.parse({
      ...suite.training,
      ...settings.training,
      batchSize: rows,
      dropout: 0,
    }),
    seed: 0,
    totalSteps: steps,
    onCompile: () => {},
    nowMs: () => performance.now(),
  });
  const examples = Array.from({ length: rows }, (_, row): TokenizedExample => {
    const inputIds = Int32Array.from(
      { length },
      (_, place) => 1000 + (((row * length + place) * 7919) % 20_000),
    );
    return { inputIds, typeIds: new Int32Array(length), label: row % 2 };
  });
  const plan = { bucketLength: length, exampleIndices: Int32Array.from(examples.keys()) };
  const batch = makeBatch(examples, plan, { batchSize: rows, padTokenId: 0, kind: "classification" });
  const stepMs: number[] = [];
  for (let step = 0; step < steps; step++) {
    const started = performance.now();
    await trainer.step(stepBatch(batch), step);
    stepMs.push(performance.now() - started);
  }
  await trainer.dispose();
  return stepMs;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    method: { type: "string", default: "lora" },
    rows: { type: "string", default: "32" },
    length: { type: "string", default: "32" },
    steps: { type: "string", default: "10" },
    threads: { type: "string", default: "2" },
  },
});
const { model, method } = values;
if (model === undefined) {
  console.error("usage: cpuProfile.ts --model MODEL_FOLDER [--method lora] [--rows 32] [--length 32] ...");
  process.exit(2);
}
const numbers = { rows: Number(values.rows), length: Number(values.length), steps: Number(values.steps) };
console.log(
  JSON.stringify(await profile({ model, method, ...numbers, threads: Number(values.threads) }), null, 2),
);
