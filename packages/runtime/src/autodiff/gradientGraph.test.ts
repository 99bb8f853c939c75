import { describe, expect, it } from "vitest";
import { GraphError } from "../errors.ts";
import { GraphBuilder } from "../graph/builder.ts";
import type { Graph } from "../graph/graph.ts";
import { graphValue } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { opNamed } from "../ops/registry.ts";
import { interpretGraph } from "../testing/referenceInterpreter.ts";
import { gradients } from "./gradients.ts";

const trainable = { role: "adapterWeight", trainable: true } as const;
const frozen = { role: "baseWeight", trainable: false } as const;

/** Names of the values, made in forward, that a node of the backward pass reads: what has to be kept. */
function keptValues(graph: Graph): readonly string[] {
  const backward = graph.nodes.filter(({ phase }) => phase === "backward");
  const read = new Set(backward.flatMap(({ inputs }) => inputs));
  return [...read]
    .map((id) => graphValue(graph, id))
    .filter(({ source }) => source.kind === "node" && graph.nodes[source.node]?.phase === "forward")
    .map(({ name }) => name.replace(/#\d+/, ""))
    .toSorted();
}

function opsOf(graph: Graph, phase: "forward" | "backward"): readonly string[] {
  return graph.nodes.filter((node) => node.phase === phase).map(({ op }) => op);
}

/** The graph of the gradients of `loss`, which are its outputs. */
function withGradients(graph: GraphBuilder, loss: Tensor, wrt: readonly Tensor[]): Graph {
  for (const [index, gradient] of gradients(loss, wrt).entries()) graph.output(`gradient${index}`, gradient);
  graph.output("loss", loss);
  return graph.finish();
}

/** Sum of an exponential: its gradient reads its own result, which is told apart by the scope `loss`. */
function lossOf(graph: GraphBuilder, y: Tensor): Tensor {
  return graph.withScope("loss", () => y.exp().sum());
}

describe("what a training step keeps of its forward pass", () => {
  const [rows, width, rank] = [6, 8, 2];
  const start = (graph: GraphBuilder): Tensor =>
    graph.withScope("below", () => graph.input("x", [rows, width], "f32").tanh());
  const weight = (
    graph: GraphBuilder,
    name: string,
    shape: readonly number[],
    isTrainable: boolean,
  ): Tensor => graph.parameter(name, shape, isTrainable ? trainable : frozen);

  it("is nothing of a frozen linear layer's input, though the gradient passes through it", () => {
    const graph = new GraphBuilder();
    const bias = weight(graph, "bias", [width], true);
    const y = graph
      .withScope("input", () => start(graph).add(bias))
      .matmul(weight(graph, "frozen", [width, width], false), { transposeB: true });
    const built = withGradients(graph, lossOf(graph, y), [bias]);
    expect(keptValues(built)).toEqual(["loss.exp"]);
    expect(opsOf(built, "backward").filter((op) => op === "matmul")).toHaveLength(1);
  });

  it("is the wide input and the narrow middle of LoRA", () => {
    const graph = new GraphBuilder();
    const x = start(graph);
    const a = weight(graph, "A", [rank, width], true);
    const b = weight(graph, "B", [width, rank], true);
    const base = x.matmul(weight(graph, "frozen", [width, width], false), { transposeB: true });
    const middle = graph.withScope("middle", () => x.matmul(a, { transposeB: true }));
    const y = base.add(middle.matmul(b, { transposeB: true, scale: 2 }));
    const built = withGradients(graph, lossOf(graph, y), [a, b]);
    expect(keptValues(built)).toEqual(["below.tanh", "loss.exp", "middle.matmul"]);
    // For B the product with the middle, for A one to the middle and one with x: none to x itself.
    expect(opsOf(built, "backward").filter((op) => op === "matmul")).toHaveLength(3);
  });

  it("is only the narrow middle where LoRA's first projection is frozen, as in LaMDA", () => {
    const graph = new GraphBuilder();
    const x = start(graph);
    const b = weight(graph, "B", [width, rank], true);
    const middle = graph.withScope("middle", () =>
      x.matmul(weight(graph, "A", [rank, width], false), { transposeB: true }),
    );
    const built = withGradients(graph, lossOf(graph, middle.matmul(b, { transposeB: true })), [b]);
    expect(keptValues(built)).toEqual(["loss.exp", "middle.matmul"]);
    expect(opsOf(built, "backward").filter((op) => op === "matmul")).toHaveLength(1);
  });

  it("is x and the row statistics of layer norm for x, nothing for beta alone", () => {
    const build = (wrt: "gamma" | "beta" | "x"): Graph => {
      const graph = new GraphBuilder();
      const [gamma, beta] = [weight(graph, "gamma", [width], true), weight(graph, "beta", [width], true)];
      const shift = weight(graph, "shift", [width], true);
      const x = graph.withScope("x", () => start(graph).add(shift));
      const y = x.layerNorm(gamma, beta, 1e-5);
      return withGradients(graph, lossOf(graph, y), [{ gamma, beta, x: shift }[wrt]]);
    };
    expect(keptValues(build("beta"))).toEqual(["loss.exp"]);
    expect(keptValues(build("gamma"))).toEqual(["layerNorm.1", "layerNorm.2", "loss.exp", "x.add"]);
    expect(keptValues(build("x"))).toEqual(["layerNorm.1", "layerNorm.2", "loss.exp", "x.add"]);
    expect(opsOf(build("beta"), "backward")).not.toContain("layerNormGradient");
    expect(opsOf(build("gamma"), "backward")).not.toContain("layerNormGradient");
  });

  it("is the result of softmax and not its input, and nothing at all of dropout", () => {
    const graph = new GraphBuilder();
    const bias = weight(graph, "bias", [width], true);
    const scores = graph.withScope("scores", () => start(graph).add(bias));
    const dropped = scores.softmax().dropout(0.5, graph.input("key", [], "u32"));
    expect(keptValues(withGradients(graph, lossOf(graph, dropped), [bias]))).toEqual(["loss.exp", "softmax"]);
  });

  it("is nothing of what lies below the lowest trainable tensor", () => {
    const graph = new GraphBuilder();
    const head = weight(graph, "head", [3, width], true);
    const deep = start(graph)
      .gelu()
      .matmul(weight(graph, "frozen", [width, width], false))
      .gelu();
    const built = withGradients(graph, lossOf(graph, deep.matmul(head, { transposeB: true })), [head]);
    expect(keptValues(built)).toEqual(["gelu", "loss.exp"]);
    expect(opsOf(built, "backward")).not.toContain("geluGradient");
  });
});

describe("gradients", () => {
  it("makes only the nodes that the asked gradients need", () => {
    const nodesFor = (pick: (tensors: { a: Tensor; b: Tensor }) => readonly Tensor[]): readonly string[] => {
      const graph = new GraphBuilder();
      const [a, b] = [graph.input("a", [2, 3], "f32"), graph.input("b", [3], "f32")];
      const loss = a.mul(b).sum();
      const before = graph.nodeCount();
      gradients(loss, pick({ a, b }));
      return graph
        .snapshot()
        .nodes.slice(before)
        .map(({ op }) => op);
    };
    const spread = ["reshape", "broadcastTo"];
    expect(nodesFor(({ a }) => [a])).toEqual([...spread, "mul"]);
    expect(nodesFor(({ b }) => [b])).toEqual([...spread, "mul", "sum", "reshape"]);
    expect(nodesFor(({ a, b }) => [a, b])).toEqual([...spread, "mul", "mul", "sum", "reshape"]);
    expect(nodesFor(() => [])).toEqual([]);
  });

  it("adds up over every path from a tensor to the loss", () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", [], "f32");
    const loss = x
      .mul(x)
      .mul(x)
      .add(x)
      .add(
        x
          .reshape([1])
          .concat([x.reshape([1])], 0)
          .sum(),
      );
    const built = withGradients(graph, loss, [x]);
    const { outputs } = interpretGraph(built, new Map([["x", [3]]]));
    expect(outputs.get("gradient0")?.data[0]).toBe(3 * 9 + 1 + 2);
  });

  it("gives the gradient by values inside the graph, and by the loss itself", () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", [], "f32");
    const middle = x.mul(3);
    const loss = middle.square();
    const built = withGradients(graph, loss, [x, middle, loss]);
    const { outputs } = interpretGraph(built, new Map([["x", [2]]]));
    expect([0, 1, 2].map((index) => outputs.get(`gradient${index}`)?.data[0])).toEqual([36, 12, 1]);
  });

  it("marks backward nodes with their phase, the scope of their forward node and the parameter", () => {
    const graph = new GraphBuilder();
    const w = graph.parameter("w", [2], trainable);
    const y = graph.withScope("layer.3", () => w.exp());
    const built = withGradients(graph, y.sum(), [w]);
    const last = built.nodes.filter(({ phase }) => phase === "backward").at(-1);
    expect([last?.op, last?.scope]).toEqual(["mul", "layer.3"]);
    expect(graphValue(built, last?.outputs[0] as number).gradientOf).toBe("w");
  });

  it("are shared between maximum's two sides at a tie, whole and not twice", () => {
    for (const op of ["maximum", "minimum"] as const) {
      const graph = new GraphBuilder();
      const [a, b] = [graph.input("a", [3], "f32"), graph.input("b", [3], "f32")];
      const built = withGradients(graph, a[op](b).sum(), [a, b]);
      const { outputs } = interpretGraph(
        built,
        new Map([
          ["a", [1, 2, 3]],
          ["b", [1, 3, 2]],
        ]),
      );
      const [byA, byB] = [outputs.get("gradient0")?.data, outputs.get("gradient1")?.data];
      expect(byA?.map((value, index) => value + (byB?.[index] ?? 0))).toEqual(Float64Array.of(1, 1, 1));
    }
  });

  it("stop at ops that have none, and say that nothing depends", () => {
    for (const stop of [(x: Tensor) => x.sign(), (x: Tensor) => x.greater(0), (x: Tensor) => x.max([0])]) {
      const graph = new GraphBuilder();
      const x = graph.parameter("w", [2], trainable);
      const loss = stop(x).sum();
      expect(() => gradients(loss, [x])).toThrow(GraphError);
      expect(() => gradients(loss, [x])).toThrow(/does not depend on w/);
      const both = x.add(stop(x)).sum();
      expect(() => gradients(both, [x])).not.toThrow();
    }
  });

  it("refuse a loss that is no scalar, a tensor that the loss does not reach, and one of another graph", () => {
    const graph = new GraphBuilder();
    const [w, other] = [graph.parameter("w", [2], trainable), graph.parameter("other", [2], trainable)];
    expect(() => gradients(w.exp(), [w])).toThrow(/exp#0 has shape \[2\]; a scalar is needed/);
    expect(() => gradients(w.sum(), [w, other])).toThrow(/does not depend on other/);
    const foreign = new GraphBuilder().parameter("foreign", [2], trainable);
    expect(() => gradients(w.sum(), [foreign])).toThrow(/foreign belongs to another graph/);
  });

  it.each(["geluGradient", "siluGradient", "geluTanhGradient", "softmaxGradient"])(
    "refuse a second derivative through %s rather than give zero",
    (op) => {
      const graph = new GraphBuilder();
      const w = graph.parameter("w", [2], trainable);
      const [first] = graph.withScope("deep", () => graph.apply(opNamed(op), [w, w], {}));
      const loss = (first as Tensor).sum();
      expect(() => gradients(loss, [w])).toThrow(new RegExp(`${op} in deep has no gradient rule`));
    },
  );

  it("refuse to go through layer norm's row statistics", () => {
    const graph = new GraphBuilder();
    const w = graph.parameter("w", [2], trainable);
    const outputs = graph.apply(opNamed("layerNorm"), [w, w, w], { epsilon: 1 }) as Tensor[];
    const loss = (outputs[0] as Tensor).add(outputs[1] as Tensor).sum();
    expect(() => gradients(loss, [w])).toThrow(/layerNorm has no gradient rule for its row statistics/);
  });
});
