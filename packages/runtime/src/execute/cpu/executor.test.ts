import { describe, expect, it } from "vitest";
import { GraphError, InputError } from "../../errors.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import type { HostTensor } from "../../graph/spec.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { opNamed } from "../../ops/registry.ts";
import { noiseKey } from "../../random/counterHash.ts";
import { opCase, scalar, values } from "../../testing/cases/case.ts";
import { caseGraph } from "../../testing/gradientGraph.ts";
import { runOnce } from "../../testing/opChecks.ts";
import { interpretGraph } from "../../testing/referenceInterpreter.ts";
import type { Program } from "../executor.ts";
import { createCpuExecutor } from "./executor.ts";
import { cutSegments } from "./segments.ts";

const executor = createCpuExecutor({ threads: 2 });
const trainable = { role: "adapterWeight", trainable: true } as const;
const frozen = { role: "baseWeight", trainable: false } as const;

function tensor(...data: number[]): HostTensor {
  return { shape: [data.length], dtype: "f32", data: Float32Array.from(data) };
}

async function compile(
  graph: GraphBuilder,
  parameters: Readonly<Record<string, HostTensor>>,
): Promise<{ program: Program; read: (name: string) => Promise<number[]> }> {
  const store = await executor.createStore(new Map(Object.entries(parameters)));
  const program = await executor.compile(graph.finish(), store);
  return { program, read: async (name) => [...(await store.read(name))] };
}

/** AdamW that sets the parameter to about -1: gradient 1, learning rate 1, decay 1. */
function adamw(graph: GraphBuilder, parameter: Tensor, first: Tensor, second: Tensor): Tensor[] {
  const [one, ones] = [graph.scalar(1), graph.scalar(1).broadcastTo(parameter.shape)];
  const inputs = [parameter, ones, first, second, one, one, one, one, one];
  const attributes = { beta1: 0, beta2: 0, epsilon: 0, weightDecay: 1 };
  return graph.apply(opNamed("adamw"), inputs, attributes) as Tensor[];
}

describe("parameter updates", () => {
  it("take place together: two parameters can be swapped", async () => {
    const graph = new GraphBuilder();
    const [a, b] = [graph.parameter("a", [2], trainable), graph.parameter("b", [2], trainable)];
    graph.updateParameter(a, b);
    graph.updateParameter(b, a);
    const { program, read } = await compile(graph, { a: tensor(1, 2), b: tensor(3, 4) });
    await program.run({});
    expect([await read("a"), await read("b")]).toEqual([
      [3, 4],
      [1, 2],
    ]);
  });

  it("are not seen by nodes, outputs and other updates of the same run", async () => {
    const graph = new GraphBuilder();
    const [w, copy] = [graph.parameter("w", [2], trainable), graph.parameter("copy", [2], trainable)];
    const [m, v] = [graph.parameter("m", [2], trainable), graph.parameter("v", [2], trainable)];
    const [next, nextM, nextV] = adamw(graph, w, m, v);
    graph.updateParameter(w, next as Tensor);
    graph.updateParameter(m, nextM as Tensor);
    graph.updateParameter(v, nextV as Tensor);
    graph.updateParameter(copy, w);
    graph.output("old", w);
    graph.output("next", next as Tensor);
    graph.output("moved", (next as Tensor).sub(w));
    const zeros = tensor(0, 0);
    const { program, read } = await compile(graph, { w: tensor(5, 7), copy: zeros, m: zeros, v: zeros });
    const { old, next: given, moved } = await program.run({});
    expect([[...(old?.data ?? [])], await read("copy")]).toEqual([
      [5, 7],
      [5, 7],
    ]);
    expect([[...(given?.data ?? [])], [...(moved?.data ?? [])], await read("w")]).toEqual([
      [-1, -1],
      [-6, -8],
      [-1, -1],
    ]);
  });

  it("change neither the arrays that the store was made from nor outputs given before", async () => {
    const graph = new GraphBuilder();
    const w = graph.parameter("w", [2], trainable);
    const [m, v] = [graph.parameter("m", [2], trainable), graph.parameter("v", [2], trainable)];
    const [next, nextM, nextV] = adamw(graph, w, m, v);
    graph.updateParameter(w, next as Tensor);
    graph.updateParameter(m, nextM as Tensor);
    graph.updateParameter(v, nextV as Tensor);
    graph.output("old", w);
    graph.output("next", next as Tensor);
    const [mine, zeros] = [tensor(5, 7), tensor(0, 0)];
    const { program, read } = await compile(graph, { w: mine, m: zeros, v: zeros });
    const before = await program.run({});
    const kept = { old: [...(before.old?.data ?? [])], next: [...(before.next?.data ?? [])] };
    await program.run({});
    await program.run({});
    expect([[...mine.data], [...zeros.data]]).toEqual([
      [5, 7],
      [0, 0],
    ]);
    expect([[...(before.old?.data ?? [])], [...(before.next?.data ?? [])]]).toEqual([kept.old, kept.next]);
    expect(await read("w")).toEqual([-1, -1]);
  });

  it("reach every program that shares the store", async () => {
    const store = await executor.createStore(new Map([["w", tensor(1, 2)]]));
    const doubling = new GraphBuilder();
    const w = doubling.parameter("w", [2], trainable);
    doubling.updateParameter(w, w.mul(2));
    const reading = new GraphBuilder();
    reading.output("twice", reading.parameter("w", [2], trainable).add(0));
    const [double, read] = [
      await executor.compile(doubling.finish(), store),
      await executor.compile(reading.finish(), store),
    ];
    await double.run({});
    expect([...((await read.run({})).twice?.data ?? [])]).toEqual([2, 4]);
    await store.write("w", Float32Array.of(10, 20));
    expect([...((await read.run({})).twice?.data ?? [])]).toEqual([10, 20]);
    await double.run({});
    expect([...(await store.read("w"))]).toEqual([20, 40]);
  });
});

describe("segments", () => {
  it("of a training step are one for ONNX Runtime and one for the host", () => {
    const step = opCase(
      "adamw",
      "",
      [...[1, 2, 3, 4].map((x) => values([1], [x])), ...[1, 1, 1, 1, 1].map(scalar)],
      {
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        weightDecay: 0,
      },
    );
    expect(cutSegments(caseGraph(step)).map(({ kind }) => kind)).toEqual(["host"]);
    const graph = new GraphBuilder();
    const w = graph.parameter("w", [2], trainable);
    const gradient = w.tanh().mul(w);
    const [norm] = graph.apply(opNamed("gradientNorm"), [gradient], { maxNorm: 1 });
    graph.output("norm", norm as Tensor);
    graph.output("other", gradient.exp());
    expect(cutSegments(graph.finish()).map(({ kind, nodes }) => [kind, nodes.length])).toEqual([
      ["onnx", 3],
      ["host", 1],
    ]);
  });

  it("alternate where ONNX nodes read host results, and compute the same", async () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", [2], "f32");
    const [norm] = graph.apply(opNamed("gradientNorm"), [x.mul(2)], { maxNorm: null });
    const scaled = x.div(norm as Tensor);
    const [again] = graph.apply(opNamed("gradientNorm"), [scaled], { maxNorm: null });
    graph.output("norm", (again as Tensor).add(norm as Tensor));
    const { program } = await compile(graph, {});
    expect(cutSegments(program.graph).map(({ kind }) => kind)).toEqual([
      "onnx",
      "host",
      "onnx",
      "host",
      "onnx",
    ]);
    expect((await program.run({ x: Float32Array.of(3, 4) })).norm?.data[0]).toBeCloseTo(10.5, 5);
  });
});

describe("ONNX Runtime's graph optimizers", () => {
  it("leave the zeros beside a transposed tensor where they are, on any axis", async () => {
    for (const axis of [0, 1, 2]) {
      const graph = new GraphBuilder();
      const x = graph.input("x", [2, 3, 4], "f32").transpose([2, 0, 1]);
      const [padded] = graph.apply(opNamed("padZeros"), [x], { axis, before: 1, after: 2 });
      graph.output("padded", (padded as Tensor).transpose([1, 2, 0]));
      const finished = graph.finish();
      const leaves = new Map([["x", Float32Array.from({ length: 24 }, (_, index) => index + 1)]]);
      const actual = await runOnce(executor, finished, leaves);
      expect([...(actual.padded?.data ?? [])]).toEqual([
        ...(interpretGraph(finished, leaves).outputs.get("padded")?.data ?? []),
      ]);
    }
  });
});

describe("work split over threads", () => {
  it("adds up repeated embedding indices without losing any, the same way each time", async () => {
    const [count, width] = [2048, 96];
    const graph = new GraphBuilder();
    const indices = graph.input("indices", [count], "i32");
    const gradient = graph.input("gradient", [count, width], "f32");
    const [table] = graph.apply(opNamed("embeddingGradient"), [indices, gradient], { rows: 2 });
    graph.output("table", table as Tensor);
    const { program } = await compile(graph, {});
    const inputs = { indices: new Int32Array(count), gradient: new Float32Array(count * width).fill(1) };
    for (let run = 0; run < 5; run++) {
      const data = (await program.run(inputs)).table?.data ?? new Float32Array();
      expect([...new Set(data.subarray(0, width))]).toEqual([count]);
      expect([...new Set(data.subarray(width))]).toEqual([0]);
    }
  });

  it("drops the same elements forward and backward, and others at the next step", async () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", [64, 129], "f32");
    const key = graph.input("key", [], "u32");
    graph.output("first", x.dropout(0.3, key));
    graph.output("second", x.dropout(0.3, key));
    const { program } = await compile(graph, {});
    const ones = new Float32Array(64 * 129).fill(1);
    const run = async (step: number): Promise<number[][]> => {
      const { first, second } = await program.run({ x: ones, key: Uint32Array.of(noiseKey(1, step)) });
      return [[...(first?.data ?? [])], [...(second?.data ?? [])]];
    };
    const [a, b] = [await run(0), await run(1)];
    expect(await run(0)).toEqual(a);
    expect(a[0]).not.toEqual(a[1]);
    expect(a[0]).not.toEqual(b[0]);
  });
});

describe("the CPU executor refuses", () => {
  const graph = (): GraphBuilder => {
    const builder = new GraphBuilder();
    const x = builder.input("x", [2], "f32");
    builder.output("y", x.mul(builder.parameter("w", [2], frozen)));
    return builder;
  };

  it.each([
    ["a missing input", {}, "The input x (f32[2]) is missing"],
    [
      "an input of another size",
      { x: new Float32Array(3) },
      "The input x is f32[2]: Float32Array of 2; Float32Array of 3",
    ],
    ["an input of another type", { x: new Int32Array(2) }, "Int32Array of 2 was given"],
    ["an unknown input", { x: new Float32Array(2), z: new Float32Array(1) }, "no input z; the graph reads x"],
  ])("%s", async (_, inputs, message) => {
    const { program } = await compile(graph(), { w: tensor(1, 2) });
    const run = program.run(inputs as Record<string, Float32Array>);
    await expect(run).rejects.toThrow(InputError);
    await expect(program.run(inputs as Record<string, Float32Array>)).rejects.toThrow(message);
  });

  it("a parameter that is missing or of another shape", async () => {
    await expect(compile(graph(), {})).rejects.toThrow(/store has no w/);
    await expect(compile(graph(), { w: tensor(1, 2, 3) })).rejects.toThrow(
      "w is stored as f32[3], the graph needs f32[2]",
    );
  });

  it("to write another number of elements, or to read what was released", async () => {
    const store = await executor.createStore(new Map([["w", tensor(1, 2)]]));
    await expect(store.write("w", new Float32Array(3))).rejects.toThrow("w has 2 elements, 3 were written");
    expect(store.has("w")).toBe(true);
    store.release(["w"]);
    expect([store.has("w"), store.names]).toEqual([false, []]);
    await expect(store.read("w")).rejects.toThrow(InputError);
  });

  it("an index outside its table, forward and backward", async () => {
    const builder = new GraphBuilder();
    const indices = builder.input("indices", [2], "i32");
    builder.output("rows", builder.parameter("table", [3, 1], frozen).rows(indices));
    const { program } = await compile(builder, { table: { ...tensor(1, 2, 3), shape: [3, 1] } });
    await expect(program.run({ indices: Int32Array.of(0, 3) })).rejects.toThrow(
      /index 3 in indices .* 3 rows/,
    );
    const backward = new GraphBuilder();
    const [table] = backward.apply(
      opNamed("embeddingGradient"),
      [backward.input("indices", [1], "i32"), backward.input("g", [1, 1], "f32")],
      { rows: 3 },
    );
    backward.output("table", table as Tensor);
    const other = await compile(backward, {});
    for (const index of [-1, 3]) {
      const run = other.program.run({ indices: Int32Array.of(index), g: Float32Array.of(1) });
      await expect(run).rejects.toThrow(`index ${index} in indices lies outside the table of 3 rows`);
    }
  });

  it("parameters that live on another executor", async () => {
    const foreign = { ...(await executor.createStore(new Map())) };
    await expect(executor.compile(graph().finish(), foreign as never)).rejects.toThrow(GraphError);
  });
});
