import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GraphBuilder } from "../../../graph/builder.ts";
import type { Graph } from "../../../graph/graph.ts";
import type { HostTensor } from "../../../graph/spec.ts";
import { encoderStep } from "../../../plan/testGraphs.ts";
import { createWebgpuExecutor } from "../executor.ts";
import { attachLedger } from "../ledger/ledger.ts";
import type { WebgpuParameterStore } from "../store.ts";
import { inputsOf, parametersOf } from "../testing/runSteps.ts";
import { dawnInstance } from "./dawn.ts";
import { DeviceLostError, GpuOutOfMemoryError, GpuValidationError, ShaderCompileError } from "./errors.ts";
import type { WebgpuDevice } from "./openDevice.ts";
import { openWebgpuDevice } from "./openDevice.ts";

/** Embeddings, a norm and a trained head: small, so that it compiles in no time. */
const step = encoderStep({ layers: 0, batch: 2, length: 5, width: 12, heads: 3, rank: 2 });
const inputs = inputsOf(step, 1, 0);

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => "it succeeded",
    (error: unknown) => error,
  );
}

/** Later turns of the event loop, for a loss at different moments of what runs. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** The sum of a tensor of so many elements that only the device holds. */
function sumOf(elements: number): Graph {
  const graph = new GraphBuilder();
  const x = graph.input("x", [1], "f32").broadcastTo([elements / 256, 256]);
  graph.output("sum", x.exp().sum());
  return graph.finish();
}

let opened: WebgpuDevice;
beforeEach(async () => {
  opened = await openWebgpuDevice({ adapter: "any" });
});
afterEach(() => opened.dispose());

describe("when the device is lost", () => {
  const modes = ["arena", "bufferPerTensor"] as const;
  const moments = [0, 1, 3, 10];
  const cases = modes.flatMap((mode) => moments.map((moment) => ({ mode, moment })));

  it.each(cases)("$moment turns into queued steps, all of them end ($mode)", async ({ mode, moment }) => {
    const executor = createWebgpuExecutor({ device: opened, mode });
    const store = await executor.createStore(parametersOf(step, 1));
    const program = await executor.compile(step, store);
    await program.run(inputs);
    const runs = Array.from({ length: 4 }, () => failureOf(program.run(inputs)));
    const read = failureOf(store.read("head"));
    await turns(moment);
    opened.device.destroy();
    const ends = await Promise.all([...runs, read]);
    for (const end of ends) if (end !== "it succeeded") expect(end).toBeInstanceOf(DeviceLostError);
    expect(ends[3]).toMatchObject({ reason: "destroyed", remedy: expect.stringMatching(/\S/) });
    expect(await failureOf(program.run(inputs))).toBeInstanceOf(DeviceLostError);
    expect(await failureOf(store.read("head"))).toBeInstanceOf(DeviceLostError);
    expect(await failureOf(store.write("head", new Float32Array(24)))).toBeInstanceOf(DeviceLostError);
    expect(await failureOf(executor.compile(sumOf(1024), store))).toBeInstanceOf(DeviceLostError);
    expect(await failureOf(executor.createStore(parametersOf(step, 1)))).toBeInstanceOf(DeviceLostError);
    await program.dispose();
    store.release(store.names);
    await executor.dispose();
  });

  it.each(moments)("%i turns into compiling, that ends", async (moment) => {
    const executor = createWebgpuExecutor({ device: opened });
    const store = await executor.createStore(parametersOf(step, 1));
    const compiled = failureOf(executor.compile(step, store));
    await turns(moment);
    opened.device.destroy();
    const end = await compiled;
    if (end !== "it succeeded") expect(end).toBeInstanceOf(DeviceLostError);
    expect(await failureOf(executor.compile(step, store))).toBeInstanceOf(DeviceLostError);
    store.release(store.names);
  });

  it.each(moments)("%i turns into the upload of parameters, that ends", async (moment) => {
    const executor = createWebgpuExecutor({ device: opened });
    const stored = failureOf(executor.createStore(parametersOf(step, 1)));
    await turns(moment);
    opened.device.destroy();
    const end = await stored;
    if (end !== "it succeeded") expect(end).toBeInstanceOf(DeviceLostError);
  });

  it("says what to do, also where nobody destroyed it", () => {
    const error = new DeviceLostError("unknown", "VK_ERROR_DEVICE_LOST", "some GPU");
    expect(error.message).toMatch(/some GPU.*VK_ERROR_DEVICE_LOST.*smaller batches/);
  });
});

describe("when the device has no room", () => {
  // SwiftShader refuses a buffer of exactly the limit that it gives; other devices would have to be filled up.
  const isRefused = (): boolean => opened.adapter.architecture === "swiftshader";
  /** With the limit itself instead of a little less, so that the plan does ask for such a buffer. */
  const unspared = (): WebgpuDevice => ({
    ...opened,
    profile: { ...opened.profile, maxBufferBytes: opened.device.limits.maxBufferSize },
  });

  it("for a program's arena, compiling says so, and the programs from before still run", async ({ skip }) => {
    skip(!isRefused(), "SwiftShader alone runs out of memory with one buffer");
    const ledger = attachLedger(opened.device);
    const executor = createWebgpuExecutor({ device: unspared() });
    const store = await executor.createStore(parametersOf(step, 1));
    const program = await executor.compile(step, store);
    const before = (await program.run(inputs)).loss?.data;
    const { currentByRole } = ledger.report();
    const running = program.run(inputs);
    const error = await failureOf(executor.compile(sumOf(opened.device.limits.maxBufferSize / 4), store));
    expect(error).toBeInstanceOf(GpuOutOfMemoryError);
    expect(error).toMatchObject({ remedy: expect.stringContaining("smaller batch") });
    expect(ledger.report().currentByRole).toEqual(currentByRole);
    await running;
    expect((await program.run(inputs)).loss?.data).not.toEqual(before);
    await program.dispose();
    store.release(store.names);
    expect(ledger.live()).toEqual([]);
    opened.health.check();
  });

  it("for one tensor of a run, the run says so, and the next may succeed", async ({ skip }) => {
    skip(!isRefused(), "SwiftShader alone runs out of memory with one buffer");
    const executor = createWebgpuExecutor({ device: unspared(), mode: "bufferPerTensor" });
    const store = await executor.createStore(new Map());
    const large = await executor.compile(sumOf(opened.device.limits.maxBufferSize / 4), store);
    const small = await executor.compile(sumOf(1024), store);
    const x = Float32Array.of(0);
    const [first, second, sum] = await Promise.all([
      failureOf(large.run({ x })),
      failureOf(large.run({ x })),
      small.run({ x }),
    ]);
    expect([first, second].every((end) => end instanceof GpuOutOfMemoryError)).toBe(true);
    expect(sum.sum?.data[0]).toBe(1024);
    await large.dispose();
    await small.dispose();
    opened.health.check();
  });

  it("for a parameter, making the store says so and names it", async ({ skip }) => {
    skip(!isRefused(), "SwiftShader alone runs out of memory with one buffer");
    const elements = opened.device.limits.maxBufferSize / 4;
    const weight: HostTensor = { shape: [elements], dtype: "f32", data: new Float32Array(elements) };
    const executor = createWebgpuExecutor({ device: opened });
    const error = await failureOf(executor.createStore(new Map([["embeddings.words", weight]])));
    expect(error).toBeInstanceOf(GpuOutOfMemoryError);
    expect(error).toMatchObject({ requestedBytes: elements * 4 });
    expect((error as Error).message).toContain("embeddings.words");
    opened.health.check();
  });
});

describe("a kernel that does not compile", () => {
  /** A device without subgroups of an adapter that is said to have them. */
  async function withoutSubgroups(): Promise<WebgpuDevice> {
    const dawn = await dawnInstance(true);
    const gpu = {
      requestAdapter: async (options: GPURequestAdapterOptions) => {
        const adapter = await dawn.requestAdapter(options);
        if (adapter === null) return null;
        const { info, limits } = adapter;
        return {
          ...{ info, limits, features: new Set<string>() },
          requestDevice: (descriptor: GPUDeviceDescriptor) => adapter.requestDevice(descriptor),
        };
      },
    };
    const device = await openWebgpuDevice({ adapter: "any", gpu: gpu as unknown as GPU });
    return { ...device, adapter: { ...device.adapter, subgroupSizes: { min: 4, max: 4 } } };
  }

  it("fails compiling with the op's name and the lines of WGSL, and nothing else", async () => {
    const device = await withoutSubgroups();
    const executor = createWebgpuExecutor({ device });
    const store = await executor.createStore(new Map());
    const graph = new GraphBuilder();
    const x = graph.input("x", [64, 64], "f32");
    graph.withScope("encoder.query", () => graph.output("y", x.matmul(x)));
    const errors = await Promise.all([1, 2].map(() => failureOf(executor.compile(graph.finish(), store))));
    for (const error of errors) {
      expect(error).toBeInstanceOf(ShaderCompileError);
      const { op, wgsl, messages, message } = error as ShaderCompileError;
      expect(op).toMatch(/matmul.* in encoder\.query/);
      expect(message).toContain(op);
      expect(wgsl).toContain("subgroups");
      expect(messages.length).toBeGreaterThan(0);
    }
    const program = await executor.compile(sumOf(1024), store);
    expect((await program.run({ x: Float32Array.of(0) })).sum?.data[0]).toBe(1024);
    await program.dispose();
    await device.dispose();
  });
});

describe("a call that validation refuses", () => {
  it("fails the runs that make it, and no other", async () => {
    const executor = createWebgpuExecutor({ device: opened });
    const store = (await executor.createStore(parametersOf(step, 1))) as WebgpuParameterStore;
    const program = await executor.compile(step, store);
    const other = await executor.compile(sumOf(1024), store);
    store.buffer("head").destroy();
    const x = Float32Array.of(0);
    const ends = await Promise.all([
      failureOf(program.run(inputs)),
      failureOf(program.run(inputs)),
      other.run({ x }),
      failureOf(store.read("head")),
    ]);
    expect(ends[0]).toBeInstanceOf(GpuValidationError);
    expect(ends[1]).toBeInstanceOf(GpuValidationError);
    expect(ends[2]).toMatchObject({ sum: { data: Float32Array.of(1024) } });
    expect(ends[3]).toBeInstanceOf(GpuValidationError);
    await program.dispose();
    await other.dispose();
  });
});
