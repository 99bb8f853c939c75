/**
 * Where the time of a training step on the WebGPU executor goes: tokens/s, the share of each op on the device (the
 * matmuls' above all), and the share that JavaScript takes before the device has its work. Prints JSON.
 *
 *   tsx benchmarks/kernels/stepProfile.ts --model MODEL_FOLDER [--method lora] [--rows 32] [--length 32] [--steps 12]
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadSuite, median, stepBatch, Trainer, trainingConfigSchema } from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import { loadPretrained } from "@peftbench/models";
import { attachMethod } from "@peftbench/peft";
import type { Executor, Graph, ParameterStore, ProgramInputs, WebgpuDevice } from "@peftbench/runtime";
import { createWebgpuExecutor, openWebgpuDevice, profileDispatches } from "@peftbench/runtime";
import type { TokenizedExample } from "@peftbench/tasks";
import { makeBatch } from "@peftbench/tasks";

interface ProfileOptions {
  readonly model: string;
  readonly method: string;
  readonly rows: number;
  readonly length: number;
  readonly steps: number;
}

/** The last run of a program, as the executor was asked for it. */
interface LastRun {
  readonly graph: Graph;
  readonly store: ParameterStore;
  readonly inputs: ProgramInputs;
}

/** Steps that are left out: pipelines are compiled and memory is touched for the first time. */
const WARMUP_STEPS = 2;
const HEAD = { kind: "classification", labelCount: 2 } as const;

async function profile(options: ProfileOptions): Promise<object> {
  const opened = await openWebgpuDevice({ adapter: "any" });
  let last: LastRun | null = null;
  const inner = createWebgpuExecutor({ device: opened });
  const executor: Executor = {
    ...inner,
    async compile(graph, store) {
      const program = await inner.compile(graph, store);
      return {
        graph: program.graph,
        run(inputs) {
          last = { graph: program.graph, store, inputs };
          return program.run(inputs);
        },
        dispose: () => program.dispose(),
      };
    },
  };
  const trainer = await createTrainer(options, executor);
  const { stepMs, submitMs } = await timeSteps(options, opened, trainer);
  const { graph, store, inputs } = last as unknown as LastRun;
  const { clock, dispatches } = await profileDispatches(opened, graph, store, inputs, {
    runs: 5,
    nowMs: () => performance.now(),
  });
  await trainer.dispose();
  await opened.dispose();

  const deviceMs = dispatches.reduce((sum, { ms }) => sum + ms, 0);
  const table = (keyOf: (dispatch: (typeof dispatches)[number]) => string): object[] => {
    const groups = new Map<string, { count: number; ms: number }>();
    for (const dispatch of dispatches) {
      const { count, ms } = groups.get(keyOf(dispatch)) ?? { count: 0, ms: 0 };
      groups.set(keyOf(dispatch), { count: count + 1, ms: ms + dispatch.ms });
    }
    return [...groups]
      .map(([name, { count, ms }]) => ({ name, count, ms: rounded(ms), share: rounded(ms / deviceMs) }))
      .toSorted((a, b) => b.ms - a.ms);
  };
  const matmulMs = dispatches.filter(({ op }) => op === "matmul").reduce((sum, { ms }) => sum + ms, 0);
  const stepMsMedian = middle(stepMs);
  const { model: _, ...settings } = options;
  return {
    device: opened.adapter.driver,
    robustness: opened.adapter.robustness,
    ...settings,
    stepMsMedian: rounded(stepMsMedian),
    tokensPerSecond: rounded((1000 * options.rows * options.length) / stepMsMedian),
    /** JavaScript from the start of a step until the device has its work; after that it only waits. */
    javaScriptMsMedian: rounded(middle(submitMs)),
    javaScriptShare: rounded(middle(submitMs) / stepMsMedian),
    dispatchCount: dispatches.length,
    clock,
    /** The sum over dispatches, each in a pass of its own. */
    deviceMs: rounded(deviceMs),
    matmulShare: rounded(matmulMs / deviceMs),
    matmulGflops: rounded(matmulOperations(graph) / matmulMs / 1e6),
    byOp: table(({ op }) => op),
    byKernel: table(({ label }) => label.replace(/ in .*/, "")).slice(0, 20),
  };
}

async function createTrainer(options: ProfileOptions, executor: Executor): Promise<Trainer> {
  const { architecture, config, headParameters, values } = await loadPretrained(options.model, HEAD, {
    seed: 0,
  });
  const method = methods.find(({ id }) => id === options.method);
  const suite = await loadSuite(fileURLToPath(new URL("../glue/suite.json", import.meta.url)));
  const settings = suite.methods[options.method];
  if (method === undefined || settings === undefined)
    throw new Error(`There is no method ${options.method}.`);
  const model = { architecture, config, head: HEAD, headParameters };
  return Trainer.create({
    executor,
    model,
    attachment: attachMethod(method, model, settings.config, { totalSteps: options.steps }),
    base: values,
    training: trainingConfigSchema.parse({
      ...suite.training,
      ...settings.training,
      batchSize: options.rows,
      dropout: 0,
    }),
    seed: 0,
    totalSteps: options.steps,
    onCompile: () => {},
    nowMs: () => performance.now(),
  });
}

async function timeSteps(
  { rows, length, steps }: ProfileOptions,
  { device }: WebgpuDevice,
  trainer: Trainer,
): Promise<{ readonly stepMs: readonly number[]; readonly submitMs: readonly number[] }> {
  const examples = Array.from({ length: rows }, (_, row): TokenizedExample => {
    const inputIds = Int32Array.from(
      { length },
      (_, place) => 1000 + (((row * length + place) * 7919) % 20_000),
    );
    return { inputIds, typeIds: new Int32Array(length), label: row % 2 };
  });
  const plan = { bucketLength: length, exampleIndices: Int32Array.from(examples.keys()) };
  const batch = makeBatch(examples, plan, { batchSize: rows, padTokenId: 0, kind: "classification" });
  let submitted = 0;
  const submit = device.queue.submit.bind(device.queue);
  device.queue.submit = (commands) => {
    submit(commands);
    submitted = performance.now();
  };
  const stepMs: number[] = [];
  const submitMs: number[] = [];
  for (let step = 0; step < steps; step++) {
    const started = performance.now();
    const work = trainer.step(stepBatch(batch), step);
    await work;
    if (step < WARMUP_STEPS) continue;
    stepMs.push(performance.now() - started);
    submitMs.push(submitted - started);
  }
  device.queue.submit = submit;
  return { stepMs, submitMs };
}

/** Multiplications and additions of all matmuls. */
function matmulOperations(graph: Graph): number {
  const shapeOf = (id: number | undefined): readonly number[] => graph.values[id ?? -1]?.shape ?? [];
  return graph.nodes
    .filter(({ op }) => op === "matmul")
    .reduce((sum, { inputs, outputs, attributes }) => {
      const { transposeA } = attributes as { readonly transposeA: boolean };
      const inner = shapeOf(inputs[0]).at(transposeA ? -2 : -1) ?? 0;
      return sum + 2 * inner * shapeOf(outputs[0]).reduce((product, size) => product * size, 1);
    }, 0);
}

function middle(values: readonly number[]): number {
  return median(values) ?? Number.NaN;
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    method: { type: "string", default: "lora" },
    rows: { type: "string", default: "32" },
    length: { type: "string", default: "32" },
    steps: { type: "string", default: "12" },
  },
});
const { model, method } = values;
if (model === undefined) {
  console.error("usage: stepProfile.ts --model MODEL_FOLDER [--method lora] [--rows 32] [--length 32] ...");
  process.exit(2);
}
const numbers = { rows: Number(values.rows), length: Number(values.length), steps: Number(values.steps) };
console.log(JSON.stringify(await profile({ model, method, ...numbers }), null, 2));
