import { describe, expect, it } from "vitest";
import { GraphError, ShapeError } from "../errors.ts";
import { GraphBuilder } from "./builder.ts";
import { leavesOf } from "./graph.ts";

const trainable = { role: "adapterWeight", trainable: true } as const;
const frozen = { role: "baseWeight", trainable: false } as const;

describe("a graph under construction", () => {
  it("makes a leaf once a name and gives the same one again", () => {
    const graph = new GraphBuilder();
    expect(graph.parameter("w", [2], frozen)).toBe(graph.parameter("w", [2], frozen));
    expect(graph.input("x", [2], "i32")).toBe(graph.input("x", [2], "i32"));
  });

  it.each([
    [
      "shape",
      (graph: GraphBuilder) => graph.parameter("w", [3], frozen),
      /frozen baseWeight f32\[2\].*f32\[3\]/,
    ],
    [
      "role",
      (graph: GraphBuilder) => graph.parameter("w", [2], trainable),
      /frozen baseWeight.*trainable adapter/,
    ],
    ["kind", (graph: GraphBuilder) => graph.input("w", [2], "f32"), /frozen baseWeight.*now as input/],
  ])("refuses a second leaf of one name and another %s", (_, declare, message) => {
    const graph = new GraphBuilder();
    graph.parameter("w", [2], frozen);
    expect(() => declare(graph)).toThrow(GraphError);
    expect(() => declare(graph)).toThrow(message);
  });

  it.each([[[0]], [[2, -1]], [[1.5]], [[Number.NaN]]])("refuses a leaf of shape %j by name", (shape) => {
    const graph = new GraphBuilder();
    expect(() => graph.input("x", shape, "f32")).toThrow(ShapeError);
    expect(() => graph.parameter("w", shape, frozen)).toThrow(/^w: the shape is/);
  });

  it("makes equal constants once, telling -0, types and shapes apart", () => {
    const graph = new GraphBuilder();
    expect(graph.scalar(2)).toBe(graph.scalar(2));
    expect(graph.scalar(0)).not.toBe(graph.scalar(-0));
    expect(graph.scalar(2)).not.toBe(graph.constant([1], "f32", Float32Array.of(2)));
    expect(graph.constant([], "i32", Int32Array.of(2))).not.toBe(graph.scalar(2));
  });

  it("refuses constants whose data does not fit their shape or type", () => {
    const graph = new GraphBuilder();
    expect(() => graph.constant([2], "f32", Float32Array.of(1))).toThrow("shape [2] was given 1 elements");
    expect(() => graph.constant([1], "f32", Int32Array.of(1))).toThrow(
      "type f32 is an Float32Array; Int32Array was given",
    );
  });

  it("refuses tensors of another graph, wherever they are given", () => {
    const [graph, other] = [new GraphBuilder(), new GraphBuilder()];
    const mine = graph.parameter("w", [2], trainable);
    const theirs = other.parameter("theirs", [2], trainable);
    for (const use of [
      () => mine.add(theirs),
      () => graph.output("y", theirs),
      () => graph.updateParameter(mine, theirs),
      () => graph.updateParameter(theirs, mine),
    ]) {
      expect(use).toThrow(GraphError);
      expect(use).toThrow(/theirs.*another graph/);
    }
  });

  it("refuses an output name taken twice, and updates that cannot be", () => {
    const graph = new GraphBuilder();
    const w = graph.parameter("w", [2], trainable);
    graph.output("y", w);
    expect(() => graph.output("y", w)).toThrow("an output y already");
    expect(() => graph.updateParameter(graph.input("x", [2], "f32"), w)).toThrow("x is not a parameter");
    expect(() => graph.updateParameter(w, w.sum())).toThrow("w is f32[2]; its next value is f32[]");
    graph.updateParameter(w, w.mul(2));
    expect(() => graph.updateParameter(w, w.mul(3))).toThrow("w is updated twice");
  });

  it("refuses to finish without a result, and finishes without what no result needs", () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", [2], "f32");
    graph.input("unread", [2], "f32");
    x.exp().mul(3);
    expect(() => graph.finish()).toThrow(/neither outputs nor updated parameters.*Call output/);
    graph.output("y", x.mul(2));
    const finished = graph.finish();
    expect(finished.nodes.map(({ op }) => op)).toEqual(["mul"]);
    expect(leavesOf(finished, "input").map(({ name }) => name)).toEqual(["x"]);
    expect(finished.values.map(({ id }) => id)).toEqual(finished.values.map((_, index) => index));
  });

  it("names nodes by scope and phase, also after a throw inside", () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", [2], "f32");
    expect(() => graph.withScope("broken", () => graph.withPhase("optimizer", () => x.matmul(x)))).toThrow(
      ShapeError,
    );
    graph.withScope("layer", () => graph.withScope("0", () => graph.output("a", x.exp())));
    graph.output("b", x.log());
    expect(graph.finish().nodes.map(({ scope, phase }) => [scope, phase])).toEqual([
      ["layer.0", "forward"],
      ["", "forward"],
    ]);
  });
});

describe("a layer", () => {
  it("is what is built in it in forward, counted from the first", () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", [2], "f32");
    const y = graph.withLayer("layer.0", () => x.exp());
    const z = graph.withLayer("layer.1", () => graph.withScope("inner", () => y.exp()));
    graph.withPhase("backward", () => graph.withLayer("layer.2", () => graph.output("a", z.exp())));
    graph.output("b", z.log());
    expect(graph.finish().nodes.map(({ scope, layer }) => [scope, layer])).toEqual([
      ["layer.0", 0],
      ["layer.1.inner", 1],
      ["layer.2", null],
      ["", null],
    ]);
  });

  it("has no layer within it, and ends where building it fails", () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", [2], "f32");
    expect(() => graph.withLayer("outer", () => graph.withLayer("inner", () => x.exp()))).toThrow(
      "The layer inner is begun within the layer outer.",
    );
    expect(graph.withLayer("next", () => x.exp()).shape).toEqual([2]);
  });
});

describe("a tensor handle", () => {
  it("adds no node where nothing changes", () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", [2, 3], "f32");
    const key = graph.input("key", [], "u32");
    expect([
      x.reshape([2, 3]),
      x.transpose([0, 1]),
      x.broadcastTo([2, 3]),
      x.sumTo([2, 3]),
      x.dropout(0, key),
    ]).toEqual([x, x, x, x, x]);
    expect(graph.nodeCount()).toBe(0);
  });

  it("multiplies every row of a tensor of more axes by one matrix", () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", [2, 5, 3], "f32");
    const w = graph.parameter("w", [7, 3], frozen);
    expect(x.matmul(w, { transposeB: true }).shape).toEqual([2, 5, 7]);
  });

  it("counts negative axes from the end", () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", [2, 5, 3], "f32");
    expect([x.size(-1), x.sum([-1]).shape, x.slice(-2, 1, 2).shape, x.concat([x], -1).shape]).toEqual([
      3,
      [2, 5],
      [2, 2, 3],
      [2, 5, 6],
    ]);
    expect(() => x.size(3)).toThrow("x has shape [2, 5, 3], there is no axis 3");
  });

  it("sums a broadcast back to any shape that broadcasts to it", () => {
    const graph = new GraphBuilder();
    for (const shape of [[], [1], [3], [1, 3], [5, 1], [2, 1, 3], [1, 1, 1]]) {
      const x = graph.input(`x ${shape}`, shape, "f32");
      expect(x.broadcastTo([2, 5, 3]).sumTo(shape).shape).toEqual(shape);
    }
  });
});
