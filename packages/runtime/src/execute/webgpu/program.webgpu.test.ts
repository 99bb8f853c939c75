import { afterAll, describe, expect, it } from "vitest";
import { GraphBuilder } from "../../graph/builder.ts";
import type { Graph } from "../../graph/graph.ts";
import type { HostTensor } from "../../graph/spec.ts";
import { CannotSplitError } from "../../passes/splitLarge/errors.ts";
import { planMemory } from "../../plan/memoryPlan.ts";
import { openWebgpuDevice } from "./device/openDevice.ts";
import { BindingLimitError } from "./errors.ts";
import { createWebgpuExecutor, kernelDeviceOf } from "./executor.ts";
import { lowerGraph } from "./lowerGraph.ts";
import type { WebgpuParameterStore } from "./store.ts";

const opened = await openWebgpuDevice({ adapter: "any" });
const WEIGHT = { role: "adapterWeight", trainable: true } as const;

function tensor(...data: number[]): HostTensor {
  return { shape: [data.length], dtype: "f32", data: Float32Array.from(data) };
}

/** Adds up `count` random-free tensors of `size`: an arena of a known order of size. */
function sumGraph(size: number): Graph {
  const graph = new GraphBuilder();
  const x = graph.input("x", [size], "f32");
  graph.output("y", x.mul(2).add(x.exp()).add(x.square()));
  return graph.finish();
}

describe("programs on the WebGPU executor", () => {
  const executor = createWebgpuExecutor({ device: opened });
  afterAll(() => opened.dispose());

  const compile = async (graph: Graph, parameters: Record<string, HostTensor> = {}) => {
    const store = await executor.createStore(new Map(Object.entries(parameters)));
    return { store, program: await executor.compile(graph, store) };
  };

  it("share one arena, as large as the largest needs, whichever is compiled or run first", async () => {
    const store = (await executor.createStore(new Map())) as WebgpuParameterStore;
    const small = await executor.compile(sumGraph(8), store);
    const before = store.arena.arenaBytes;
    const large = await executor.compile(sumGraph(5000), store);
    expect(store.arena.arenaBytes).toBeGreaterThan(before);
    const run = async (size: number) =>
      (await (size === 8 ? small : large)?.run({ x: new Float32Array(size).fill(1) }))?.y?.data[size - 1];
    for (const size of [8, 5000, 8]) expect(await run(size)).toBeCloseTo(3 + Math.E, 5);
    await large?.dispose();
    expect(await run(8)).toBeCloseTo(3 + Math.E, 5);
    await small?.dispose();
    expect(store.arena.arenaBytes).toBe(0);
  });

  it("may be asked to run again before a run has ended", async () => {
    const { program } = await compile(sumGraph(4));
    const runs = [1, 2, 3].map((value) => program.run({ x: new Float32Array(4).fill(value) }));
    const values = (await Promise.all(runs)).map(({ y }) => y?.data[0] as number);
    values.forEach((value, index) => {
      const x = index + 1;
      expect(value).toBeCloseTo(2 * x + Math.exp(x) + x * x, 3);
    });
    await program.dispose();
  });

  it("exchange two parameters, and give the outputs of before the exchange", async () => {
    const graph = new GraphBuilder();
    const [a, b] = [graph.parameter("a", [3], WEIGHT), graph.parameter("b", [3], WEIGHT)];
    graph.output("old a", a);
    graph.updateParameter(a, b);
    graph.updateParameter(b, a);
    const { program, store } = await compile(graph.finish(), { a: tensor(1, 2, 3), b: tensor(4, 5, 6) });
    expect((await program.run({}))["old a"]?.data).toEqual(Float32Array.of(1, 2, 3));
    expect(await store.read("a")).toEqual(Float32Array.of(4, 5, 6));
    expect(await store.read("b")).toEqual(Float32Array.of(1, 2, 3));
    await program.dispose();
  });

  it("bind bytes once that two operands show under different shapes", async () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", [4, 1], "f32");
    // A column is read as scalars, a row as a vec4: both in one binding must be scalars.
    graph.output("outer", x.mul(x.reshape([1, 4])));
    graph.output("gram", x.matmul(x, { transposeB: true }));
    const { program } = await compile(graph.finish());
    const outputs = await program.run({ x: Float32Array.of(1, 2, 3, 4) });
    const expected = Float32Array.of(1, 2, 3, 4, 2, 4, 6, 8, 3, 6, 9, 12, 4, 8, 12, 16);
    expect(outputs.outer?.data).toEqual(expected);
    expect(outputs.gram?.data).toEqual(expected);
    await program.dispose();
  });

  it("refuse an index outside its table, naming the input", async () => {
    const graph = new GraphBuilder();
    const table = graph.parameter("table", [3, 2], WEIGHT);
    graph.output("rows", table.rows(graph.input("ids", [2], "i32")));
    const values: HostTensor = { shape: [3, 2], dtype: "f32", data: new Float32Array(6) };
    const { program } = await compile(graph.finish(), { table: values });
    await expect(program.run({ ids: Int32Array.of(0, 3) })).rejects.toThrow(/index 3 in ids .* 3 rows/);
    await program.dispose();
  });

  it("refuse a tensor that one binding cannot show and that has no parts, naming it and the limit", async () => {
    const limited = { ...opened, profile: { ...opened.profile, maxBindingBytes: 1024 } };
    const narrow = createWebgpuExecutor({ device: limited });
    const graph = new GraphBuilder();
    graph.output("y", graph.input("x", [1, 300], "f32").softmax());
    const compiled = narrow.compile(graph.finish(), await narrow.createStore(new Map()));
    await expect(compiled).rejects.toBeInstanceOf(CannotSplitError);
    await expect(compiled).rejects.toThrow(/softmax: the tensor x .*1.2 KiB.* exceeds one binding .*1.0 KiB/);
  });

  it("are never lowered from a graph that was not prepared for the device's bindings", () => {
    const profile = { ...opened.profile, maxBindingBytes: 1024 };
    const graph = sumGraph(300);
    const lower = () => lowerGraph(graph, planMemory(graph, profile), kernelDeviceOf(opened));
    expect(lower).toThrow(BindingLimitError);
    expect(lower).toThrow(/takes 1.2 KiB; one binding .* shows 1.0 KiB/);
  });

  it("read and write parameters, and forget those that are released", async () => {
    const store = await executor.createStore(new Map([["w", tensor(1, 2, 3)]]));
    await store.write("w", Float32Array.of(7, 8, 9));
    expect(await store.read("w")).toEqual(Float32Array.of(7, 8, 9));
    await expect(store.write("w", new Float32Array(2))).rejects.toThrow("w has 3 elements");
    store.release(["w"]);
    expect(store.has("w")).toBe(false);
    await expect(store.read("w")).rejects.toThrow("has no w");
  });
});
