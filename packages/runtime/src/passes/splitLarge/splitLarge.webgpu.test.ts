import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCpuExecutor } from "../../execute/cpu/executor.ts";
import type { Executor, ProgramOutputs } from "../../execute/executor.ts";
import type { WebgpuDevice } from "../../execute/webgpu/device/openDevice.ts";
import { openWebgpuDevice } from "../../execute/webgpu/device/openDevice.ts";
import type { WebgpuExecutorOptions } from "../../execute/webgpu/executor.ts";
import { createWebgpuExecutor, kernelDeviceOf } from "../../execute/webgpu/executor.ts";
import type { Ledger } from "../../execute/webgpu/ledger/ledger.ts";
import { attachLedger } from "../../execute/webgpu/ledger/ledger.ts";
import { planOverhead } from "../../execute/webgpu/overhead.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import type { Graph } from "../../graph/graph.ts";
import { leavesOf } from "../../graph/graph.ts";
import { decodeHalf } from "../../graph/half.ts";
import type { HostTensor } from "../../graph/spec.ts";
import { planMemory } from "../../plan/memoryPlan.ts";
import { describeMismatch } from "../../testing/compare.ts";
import { roundFrozenWeightsToHalf, storeFrozenWeightsAsHalf } from "../halfWeights.ts";
import { prepareForDevice } from "../prepareForDevice.ts";
import { applySavePolicy, savePolicies } from "../savePolicy.ts";
import { languageModelInputs, languageModelParameters, languageModelStep, trainings } from "./testGraphs.ts";

const STEPS = 3;
const TOLERANCE = { relative: 1e-4, absolute: 1e-5 };

const opened = await openWebgpuDevice({ adapter: "any" });

afterAll(() => opened.dispose());

/** The same device, as if one binding showed so many f32 elements. */
function deviceShowing(elements: number): WebgpuDevice {
  return { ...opened, profile: { ...opened.profile, maxBindingBytes: 4 * elements } };
}

interface Trained {
  readonly outputs: readonly ProgramOutputs[];
  readonly parameters: ReadonlyMap<string, Float32Array>;
}

function tensorsOf(graph: Graph): ReadonlyMap<string, HostTensor> {
  const data = languageModelParameters(graph);
  return new Map(
    leavesOf(graph, "parameter").map(({ name, shape, dtype }): [string, HostTensor] => [
      name,
      { shape, dtype, data: data.get(name) as Float32Array },
    ]),
  );
}

async function train(
  executor: Executor,
  graph: Graph,
  look: () => void = () => undefined,
  tensors: ReadonlyMap<string, HostTensor> = tensorsOf(graph),
): Promise<Trained> {
  const store = await executor.createStore(tensors);
  const program = await executor.compile(graph, store);
  const outputs: ProgramOutputs[] = [];
  for (let step = 0; step < STEPS; step++) outputs.push(await program.run(languageModelInputs(graph, step)));
  look();
  const parameters = new Map<string, Float32Array>();
  for (const name of store.names) parameters.set(name, await store.read(name));
  await program.dispose();
  store.release(store.names);
  return { outputs, parameters };
}

function expectClose(actual: Trained, expected: Trained): void {
  expect([...actual.parameters.keys()]).toEqual([...expected.parameters.keys()]);
  for (const [step, outputs] of expected.outputs.entries()) {
    for (const [name, { shape, data }] of Object.entries(outputs)) {
      const made = actual.outputs[step]?.[name];
      expect(made?.shape, `shape of ${name}`).toEqual(shape);
      expect(describeMismatch(made?.data ?? [], data, TOLERANCE), `${name} of step ${step}`).toBeNull();
    }
  }
  for (const [name, values] of expected.parameters) {
    expect(describeMismatch(actual.parameters.get(name) ?? [], values, TOLERANCE), name).toBeNull();
  }
}

/**
 * Runs `work` and gives the largest range of a tensor that any bind group held meanwhile. Not of scratch memory, which
 * kernels keep to a few MiB: that is far below any real limit, though not below those of these tests.
 */
async function largestBindingBytes(work: () => Promise<unknown>): Promise<number> {
  const { device } = opened;
  const original = device.createBindGroup;
  let largest = 0;
  device.createBindGroup = (descriptor) => {
    for (const { resource } of descriptor.entries) {
      if (!("buffer" in resource) || resource.buffer.label.startsWith("scratch:")) continue;
      largest = Math.max(largest, resource.size ?? resource.buffer.size);
    }
    return original.call(device, descriptor);
  };
  try {
    await work();
  } finally {
    device.createBindGroup = original;
  }
  return largest;
}

const cases = trainings.flatMap((training) => [200, 100].map((limit) => ({ training, limit })));

describe("training steps on a device with small bindings", () => {
  it.each(cases)("make what the CPU executor makes ($training, $limit)", async ({ training, limit }) => {
    const graph = languageModelStep(training);
    const executor = createWebgpuExecutor({ device: deviceShowing(limit) });
    const largest = await largestBindingBytes(async () => {
      expectClose(await train(executor, graph), await train(createCpuExecutor(), graph));
    });
    expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThanOrEqual(4 * limit);
  });

  it("make what the CPU executor makes of weights that were rounded before, on f16 ones", async (context) => {
    context.skip(!opened.profile.supportsF16, "the adapter has no shader-f16");
    const graph = languageModelStep("lora");
    const halfGraph = storeFrozenWeightsAsHalf(graph);
    const stored = roundFrozenWeightsToHalf(halfGraph, tensorsOf(graph));
    const rounded = new Map(
      [...stored].map(([name, tensor]): [string, HostTensor] => {
        const data = tensor.dtype === "f16" ? decodeHalf(tensor.data as Uint16Array) : tensor.data;
        return [name, { ...tensor, dtype: "f32", data }];
      }),
    );
    const executor = createWebgpuExecutor({ device: deviceShowing(200) });
    expectClose(
      await train(executor, halfGraph, () => undefined, stored),
      await train(createCpuExecutor(), graph, () => undefined, rounded),
    );
  });

  it.each([{ poisonFreed: true }, { mode: "bufferPerTensor" }] as const)(
    "make the same bits with %o",
    async (options: Omit<WebgpuExecutorOptions, "device">) => {
      const graph = languageModelStep("full");
      const device = deviceShowing(200);
      const expected = await train(createWebgpuExecutor({ device }), graph);
      expect(await train(createWebgpuExecutor({ device, ...options }), graph)).toEqual(expected);
    },
  );
});

describe("parameters in windows", () => {
  it("are read and written under the parameter's name", async () => {
    const executor = createWebgpuExecutor({ device: deviceShowing(10) });
    const data = Float32Array.from({ length: 35 }, (_, index) => index);
    const store = await executor.createStore(new Map([["w", { shape: [7, 5], dtype: "f32", data }]]));
    expect(store.names).toEqual(["w"]);
    expect(store.has("w")).toBe(true);
    expect(await store.read("w")).toEqual(data);
    const next = data.map((value) => -value);
    await store.write("w", next);
    expect(await store.read("w")).toEqual(next);
    await expect(store.write("w", next.subarray(1))).rejects.toThrow("35 elements");
    store.release(["w"]);
    expect(store.has("w")).toBe(false);
  });

  it("are fed inputs and give outputs that are too large themselves", async () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", [7, 5], "f32");
    const ids = graph.input("ids", [12], "i32");
    const w = graph.parameter("w", [7, 5], { role: "baseWeight", trainable: true });
    graph.output("sum", x.add(w));
    graph.output("rows", w.rows(ids));
    graph.updateParameter(w, w.mul(2).add(x));
    const finished = graph.finish();
    const executor = createWebgpuExecutor({ device: deviceShowing(10) });
    const data = Float32Array.from({ length: 35 }, (_, index) => index);
    const store = await executor.createStore(new Map([["w", { shape: [7, 5], dtype: "f32", data }]]));
    const program = await executor.compile(finished, store);
    const indices = Int32Array.of(6, 0, 3, 3, 1, 2, 5, 4, 6, 0, 1, 2);
    const outputs = await program.run({ x: data.map((value) => 100 * value), ids: indices });
    expect(outputs.sum).toEqual({ shape: [7, 5], dtype: "f32", data: data.map((value) => 101 * value) });
    const rows = [...indices].flatMap((row) => [...data.subarray(5 * row, 5 * row + 5)]);
    expect(outputs.rows).toEqual({ shape: [12, 5], dtype: "f32", data: Float32Array.from(rows) });
    expect(await store.read("w")).toEqual(data.map((value) => 102 * value));
    await expect(program.run({ x: data, ids: indices.map(() => 7) })).rejects.toThrow("7 rows");
    await program.dispose();
    store.release(["w"]);
  });
});

describe("the plan of a split graph held against what the device was asked for", () => {
  const device = deviceShowing(200);
  let ledger: Ledger;
  beforeEach(() => {
    ledger = attachLedger(opened.device);
  });
  afterEach(() => ledger.detach());

  const graphs = savePolicies.map((policy) => ({
    policy,
    graph: applySavePolicy(languageModelStep("full"), policy),
  }));

  it.each(graphs)("reserved and live bytes are those planned ($policy)", async ({ graph }) => {
    const prepared = prepareForDevice(graph, device.profile);
    const plan = planMemory(prepared, device.profile);
    const alignment = opened.device.limits.minUniformBufferOffsetAlignment;
    const overhead = planOverhead([{ graph: prepared, plan }], kernelDeviceOf(opened), alignment);
    const overheadBytes = overhead.scratchBytes + overhead.uniformBytes + overhead.readbackBytes;
    await train(createWebgpuExecutor({ device }), graph, () => {
      expect(ledger.report().peakBytes).toBe(plan.peakReservedBytes + overheadBytes);
    });
    expect(ledger.live()).toEqual([]);
    ledger.detach();
    ledger = attachLedger(opened.device);
    await train(createWebgpuExecutor({ device, mode: "bufferPerTensor" }), graph, () => {
      expect(ledger.report().peakBytes).toBe(plan.peakLiveBytes + overheadBytes);
    });
    expect(ledger.live()).toEqual([]);
  });
});
