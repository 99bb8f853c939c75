import fc from "fast-check";
import type { Graph, Tensor } from "../index.ts";
import { addOptimizerStep, GraphBuilder } from "../index.ts";

/** Graphs that the tests of plans and save policies share. */

export const ADAMW = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  maxGradientNorm: 1,
} as const;

export interface EncoderSizes {
  readonly layers: number;
  readonly batch: number;
  readonly length: number;
  readonly width: number;
  readonly heads: number;
  readonly rank: number;
  /** Without it the forward pass alone, as for evaluation. */
  readonly train?: boolean;
}

/** A training step of a post-norm encoder with frozen weights, LoRA on the query, dropout, and a trained head. */
export function encoderStep(sizes: EncoderSizes): Graph {
  const { layers, batch, length, width, heads, rank, train = true } = sizes;
  const graph = new GraphBuilder();
  const noiseKey = graph.input("noiseKey", [], "u32");
  const frozen = (name: string, shape: readonly number[]): Tensor =>
    graph.parameter(name, shape, { role: "baseWeight", trainable: false });
  const adapter = (name: string, shape: readonly number[]): Tensor =>
    graph.parameter(name, shape, { role: "adapterWeight", trainable: true });
  const trainable: Tensor[] = [];
  const norm = (x: Tensor, name: string): Tensor =>
    x.layerNorm(frozen(`${name}.gamma`, [width]), frozen(`${name}.beta`, [width]), 1e-12);
  const dense = (x: Tensor, name: string, from: number, to: number): Tensor =>
    x.matmul(frozen(`${name}.weight`, [to, from]), { transposeB: true }).add(frozen(`${name}.bias`, [to]));
  const split = (x: Tensor): Tensor =>
    x.reshape([batch, length, heads, width / heads]).transpose([0, 2, 1, 3]);

  const ids = graph.input("ids", [batch * length], "i32");
  let x = frozen("words", [50, width]).rows(ids).reshape([batch, length, width]);
  x = norm(x, "embeddings").dropout(0.1, noiseKey);
  for (let layer = 0; layer < layers; layer++) {
    x = graph.withLayer(`layer.${layer}`, () => {
      const p = `layer.${layer}`;
      const a = adapter(`${p}.loraA`, [rank, width]);
      const b = adapter(`${p}.loraB`, [width, rank]);
      trainable.push(a, b);
      const delta = x.dropout(0.1, noiseKey).matmul(a, { transposeB: true }).matmul(b, { transposeB: true });
      const q = split(dense(x, `${p}.query`, width, width).add(delta.mul(2)));
      const k = split(dense(x, `${p}.key`, width, width));
      const v = split(dense(x, `${p}.value`, width, width));
      const scale = 1 / Math.sqrt(width / heads);
      const scores = q.matmul(k, { transposeB: true, scale, recomputable: true });
      const context = scores.softmax().dropout(0.1, noiseKey).matmul(v);
      const merged = context.transpose([0, 2, 1, 3]).reshape([batch, length, width]);
      const attended = norm(
        dense(merged, `${p}.out`, width, width).dropout(0.1, noiseKey).add(x),
        `${p}.norm1`,
      );
      const inner = dense(attended, `${p}.up`, width, 4 * width).gelu();
      const outer = dense(inner, `${p}.down`, 4 * width, width).dropout(0.1, noiseKey);
      return norm(outer.add(attended), `${p}.norm2`);
    });
  }
  const head = graph.parameter("head", [2, width], { role: "head", trainable: true });
  const first = x.slice(1, 0, 1).reshape([batch, width]);
  const logits = first.matmul(head, { transposeB: true });
  const loss = logits.crossEntropy(graph.input("labels", [batch], "i32")).mean();
  graph.output("loss", loss);
  graph.output("logits", logits);
  const steps = [...trainable, head].map((tensor) => ({ tensor }));
  if (train) addOptimizerStep(graph, loss, steps, ADAMW);
  return graph.finish();
}

/** One step in the making of a random graph; `a` and `b` pick operands among the tensors made before. */
export interface Instruction {
  readonly op: (typeof OPS)[number];
  readonly a: number;
  readonly b: number;
}

const OPS = [
  "gelu",
  "add",
  "concat",
  "slice",
  "reshape",
  "layerNorm",
  "softmax",
  "matmul",
  "recomputableMatmul",
  "dropout",
  "output",
  "statistic",
] as const;

const WIDTH = 4;

export function instructions(maxLength: number): fc.Arbitrary<readonly Instruction[]> {
  const pick = fc.nat(1000);
  return fc.array(fc.record({ op: fc.constantFrom(...OPS), a: pick, b: pick }), {
    minLength: 1,
    maxLength,
    size: "max",
  });
}

/**
 * A graph that follows the instructions over tensors [rows, 4]: with `train`, a step that updates a weight of each
 * kind of layer with AdamW; without, their forward pass alone. Statistics are parameters updated in the forward pass,
 * some of which are read after their next value is known. Two of every three instructions make a layer.
 */
export function randomGraph(program: readonly Instruction[], train: boolean): Graph {
  const graph = new GraphBuilder();
  const noiseKey = graph.input("noiseKey", [], "u32");
  const input = graph.input("x", [6, WIDTH], "f32");
  const weight = graph.parameter("w", [WIDTH, WIDTH], { role: "adapterWeight", trainable: true });
  const gamma = graph.parameter("gamma", [WIDTH], { role: "baseWeight", trainable: false });
  const beta = graph.parameter("beta", [WIDTH], { role: "head", trainable: true });
  const tensors: Tensor[] = [input, input.matmul(weight).add(beta)];
  let outputs = 0;
  let statistics = 0;
  const follow = ({ op, a, b }: Instruction): void => {
    const x = tensors[a % tensors.length] as Tensor;
    const y = tensors[b % tensors.length] as Tensor;
    switch (op) {
      case "gelu":
        tensors.push(x.gelu());
        break;
      case "add":
        tensors.push(x.size(0) === y.size(0) ? x.add(y) : x.mul(0.5));
        break;
      case "concat":
        tensors.push(x.size(0) + y.size(0) <= 24 ? x.concat([y], 0) : x.neg());
        break;
      case "slice":
        tensors.push(x.slice(0, b % x.size(0), 1 + (a % (x.size(0) - (b % x.size(0))))));
        break;
      case "reshape":
        tensors.push(
          x
            .reshape([x.size(0), 2, 2])
            .reshape([x.size(0) * WIDTH])
            .reshape(x.shape),
        );
        break;
      case "layerNorm":
        tensors.push(x.layerNorm(gamma, beta, 1e-5));
        break;
      case "softmax":
        tensors.push(x.softmax());
        break;
      case "matmul":
        tensors.push(x.matmul(weight));
        break;
      case "recomputableMatmul":
        tensors.push(x.matmul(weight, { recomputable: true }));
        break;
      case "dropout":
        tensors.push(x.dropout(0.3, noiseKey));
        break;
      case "output":
        graph.output(`output${outputs++}`, x);
        break;
      case "statistic": {
        const role = { role: "optimizerState", trainable: true } as const;
        const statistic = graph.parameter(`statistic${statistics++}`, x.shape, role);
        const next = statistic.mul(0.5).add(x);
        graph.updateParameter(statistic, next);
        tensors.push(b % 2 === 0 ? next : next.add(statistic));
        break;
      }
    }
  };
  for (let start = 0; start < program.length; start += 3) {
    graph.withLayer(`layer.${start / 3}`, () => program.slice(start, start + 2).forEach(follow));
    program.slice(start + 2, start + 3).forEach(follow);
  }
  const loss = tensors.reduce((total, tensor) => total.add(tensor.square().mean()), graph.scalar(0));
  graph.output("loss", loss);
  if (train) addOptimizerStep(graph, loss, [{ tensor: weight }, { tensor: beta }], ADAMW);
  return graph.finish();
}
