import { createCpuExecutor } from "../execute/cpu/executor.ts";
import type { Executor } from "../execute/executor.ts";
import { GraphBuilder } from "../graph/builder.ts";
import type { Graph } from "../graph/graph.ts";
import { leavesOf } from "../graph/graph.ts";
import type { HostTensor } from "../graph/spec.ts";
import { elementCount } from "../graph/spec.ts";
import { adamWInputs } from "../optim/adamw.ts";
import { addOptimizerStep } from "../optim/optimizer.ts";
import { createRandom } from "../random/generator.ts";

const ROWS = 64;
const VOCABULARY = 100;
const WIDTH = 64;
const HIDDEN = 128;
const LABELS = 4;
const STEPS = 10;
const OPTIMIZER = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, maxGradientNorm: 1 } as const;

export interface TrainingComparison {
  readonly steps: number;
  readonly losses: readonly number[];
  /** Of the same steps on the CPU executor. */
  readonly expectedLosses: readonly number[];
  readonly largestRelativeDifference: number;
}

/** Trains a small network for some steps on an executor and on the CPU's, from the same values on the same data. */
export async function compareTraining(executor: Executor): Promise<TrainingComparison> {
  const losses = await train(executor);
  const cpu = createCpuExecutor({ threads: 1 });
  const expectedLosses = await train(cpu);
  await cpu.dispose();
  const differences = expectedLosses.map((expected, step) =>
    Math.abs((losses[step] as number) / expected - 1),
  );
  return { steps: STEPS, losses, expectedLosses, largestRelativeDifference: Math.max(...differences) };
}

/** Embedding, a residual layer with GELU, a norm, and a classifier, all of which train. */
function trainingGraph(): Graph {
  const graph = new GraphBuilder();
  const trained = (name: string, shape: readonly number[]) =>
    graph.parameter(name, shape, { role: "adapterWeight", trainable: true });
  const trainable = {
    table: trained("table", [VOCABULARY, WIDTH]),
    up: trained("up", [HIDDEN, WIDTH]),
    upBias: trained("upBias", [HIDDEN]),
    down: trained("down", [WIDTH, HIDDEN]),
    gamma: trained("gamma", [WIDTH]),
    beta: trained("beta", [WIDTH]),
    classifier: trained("classifier", [LABELS, WIDTH]),
  };
  const x = trainable.table.rows(graph.input("ids", [ROWS], "i32"));
  const wide = x.matmul(trainable.up, { transposeB: true }).add(trainable.upBias).gelu();
  const narrow = wide.matmul(trainable.down, { transposeB: true }).add(x);
  const normed = narrow.layerNorm(trainable.gamma, trainable.beta, 1e-5);
  const logits = normed.matmul(trainable.classifier, { transposeB: true });
  const loss = logits.crossEntropy(graph.input("labels", [ROWS], "i32")).mean();
  graph.output("loss", loss);
  addOptimizerStep(
    graph,
    loss,
    Object.values(trainable).map((tensor) => ({ tensor })),
    OPTIMIZER,
  );
  return graph.finish();
}

async function train(executor: Executor): Promise<number[]> {
  const graph = trainingGraph();
  const store = await executor.createStore(
    new Map(leavesOf(graph, "parameter").map(({ name, shape }) => [name, firstValues(name, shape)])),
  );
  const program = await executor.compile(graph, store);
  const random = createRandom(1, "data");
  const ids = Int32Array.from({ length: ROWS }, () => random.integer(VOCABULARY));
  const labels = ids.map((id) => id % LABELS);
  const losses: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const { loss } = await program.run({ ids, labels, ...adamWInputs(step, 3e-3, OPTIMIZER) });
    losses.push(loss?.data[0] as number);
  }
  await program.dispose();
  store.release(store.names);
  return losses;
}

function firstValues(name: string, shape: readonly number[]): HostTensor {
  const random = createRandom(1, name);
  const length = elementCount(shape);
  const value = (): number =>
    name.includes("::") || name === "beta" ? 0 : name === "gamma" ? 1 : 0.1 * random.normal();
  return { shape, dtype: "f32", data: Float32Array.from({ length }, value) };
}
