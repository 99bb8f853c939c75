import { GraphBuilder } from "../../graph/builder.ts";
import type { Graph } from "../../graph/graph.ts";
import { leavesOf } from "../../graph/graph.ts";
import type { HostArray } from "../../graph/spec.ts";
import { elementCount } from "../../graph/spec.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { addGradientAccumulation } from "../../optim/accumulation.ts";
import { adamWInputs } from "../../optim/adamw.ts";
import { addOptimizerStep } from "../../optim/optimizer.ts";
import { noiseKey } from "../../random/counterHash.ts";
import { createRandom } from "../../random/generator.ts";

const SIZES = { batch: 4, length: 6, width: 8, heads: 2, vocabulary: 61, rank: 2 } as const;
const ADAMW = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, maxGradientNorm: 1 } as const;

export const trainings = ["full", "lora", "accumulation"] as const;

export type Training = (typeof trainings)[number];

/**
 * A training step of a language model whose embedding table, hidden tensors and logits are each larger than its other
 * tensors: one attention layer and one feed-forward layer, dropout, and logits by the embedding table.
 */
export function languageModelStep(training: Training): Graph {
  const { batch, length, width, heads, vocabulary, rank } = SIZES;
  const graph = new GraphBuilder();
  const key = graph.input("noiseKey", [], "u32");
  const trainsBase = training !== "lora";
  const trainable: Tensor[] = [];
  const weight = (name: string, shape: readonly number[], isAdapter = false): Tensor => {
    const isTrained = trainsBase || isAdapter;
    const role = isAdapter ? "adapterWeight" : "baseWeight";
    const tensor = graph.parameter(name, shape, { role, trainable: isTrained });
    if (isTrained) trainable.push(tensor);
    return tensor;
  };
  const norm = (x: Tensor, name: string): Tensor =>
    x.layerNorm(weight(`${name}.gamma`, [width]), weight(`${name}.beta`, [width]), 1e-5);
  const dense = (x: Tensor, name: string, from: number, to: number): Tensor => {
    const y = x.matmul(weight(name, [to, from]), { transposeB: true }).add(weight(`${name}.bias`, [to]));
    if (trainsBase) return y;
    const down = weight(`${name}.loraA`, [rank, from], true);
    const up = weight(`${name}.loraB`, [to, rank], true);
    return y.add(x.matmul(down, { transposeB: true }).matmul(up, { transposeB: true }));
  };
  const perHead = (x: Tensor): Tensor =>
    x.reshape([batch, length, heads, width / heads]).transpose([0, 2, 1, 3]);

  const table = weight("words", [vocabulary, width]);
  let x = table.rows(graph.input("ids", [batch * length], "i32")).reshape([batch, length, width]);
  x = norm(x, "norm0").dropout(0.1, key);
  const [q, k, v] = ["query", "key", "value"].map((name) => perHead(dense(x, name, width, width))) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  const context = q.matmul(k, { transposeB: true, scale: 0.5 }).softmax().dropout(0.1, key).matmul(v);
  x = norm(x.add(context.transpose([0, 2, 1, 3]).reshape([batch, length, width])), "norm1");
  const inner = dense(x, "up", width, 4 * width)
    .gelu()
    .dropout(0.1, key);
  x = norm(x.add(dense(inner, "down", 4 * width, width)), "norm2");
  const logits = x.reshape([batch * length, width]).matmul(table, { transposeB: true });
  const loss = logits.crossEntropy(graph.input("labels", [batch * length], "i32")).mean();
  graph.output("loss", loss);
  graph.output("logits", logits);
  const steps = trainable.map((tensor) => ({ tensor }));
  if (training === "accumulation") addGradientAccumulation(graph, loss, steps);
  else addOptimizerStep(graph, loss, steps, ADAMW);
  return graph.finish();
}

/** Values for all parameters: gammas around 1, second moments positive. */
export function languageModelParameters(graph: Graph): ReadonlyMap<string, Float32Array> {
  return new Map(
    leavesOf(graph, "parameter").map(({ name, shape }): [string, Float32Array] => {
      const random = createRandom(7, name);
      const next = (): number =>
        name.endsWith("Moment")
          ? 1e-4 * random.uniform()
          : (name.endsWith("gamma") ? 1 : 0) + 0.3 * random.normal();
      return [name, Float32Array.from({ length: elementCount(shape) }, next)];
    }),
  );
}

/** Inputs of one step; token ids and labels are of the whole vocabulary. */
export function languageModelInputs(graph: Graph, step: number): Record<string, HostArray> {
  const random = createRandom(7, `step ${step}`);
  const count = SIZES.batch * SIZES.length;
  const tokens = (): Int32Array => Int32Array.from({ length: count }, () => random.integer(SIZES.vocabulary));
  const all: Record<string, HostArray> = {
    ...adamWInputs(step, 1e-2, ADAMW),
    ids: tokens(),
    labels: tokens(),
    noiseKey: Uint32Array.of(noiseKey(7, step)),
  };
  const declared = new Set(leavesOf(graph, "input").map(({ name }) => name));
  return Object.fromEntries(Object.entries(all).filter(([name]) => declared.has(name)));
}
