import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GraphBuilder } from "../../../graph/builder.ts";
import type { WebgpuDevice } from "../device/openDevice.ts";
import { openWebgpuDevice } from "../device/openDevice.ts";
import { createWebgpuExecutor } from "../executor.ts";
import { inputsOf, parametersOf } from "../testing/runSteps.ts";
import type { KernelTiming } from "./kernelBenchmark.ts";
import { runKernelBenchmark } from "./kernelBenchmark.ts";
import { createPassTimer } from "./passTimer.ts";
import { profileDispatches } from "./profileDispatches.ts";

const nowMs = (): number => performance.now();

let opened: WebgpuDevice;
beforeAll(async () => {
  opened = await openWebgpuDevice({ adapter: "any" });
});
afterAll(() => opened.dispose());

describe("the kernel benchmark", () => {
  it("times all variants of a product, one of them chosen, the best at 100 %", async () => {
    const reported: KernelTiming[] = [];
    const { timings, adapter } = await runKernelBenchmark(opened, {
      nowMs,
      variants: "all",
      samples: 1,
      only: "rank 8: gradient by B",
      onTiming: (timing) => reported.push(timing),
    });
    expect(adapter.name).toBe(opened.adapter.name);
    expect(reported).toEqual(timings);
    expect(timings.length).toBeGreaterThan(1);
    expect(timings.filter(({ isChosen }) => isChosen)).toHaveLength(1);
    expect(Math.max(...timings.map(({ shareOfBest }) => shareOfBest))).toBe(1);
    for (const { ms, gflops } of timings) {
      expect(ms).toBeGreaterThan(0);
      // 384 x 1024 x 8, twice.
      expect((gflops ?? 0) * ms * 1e6).toBeCloseTo(6_291_456, -1);
    }
  });

  it("times the ops that have one kernel", async () => {
    const options = { nowMs, variants: "all", samples: 1, only: "AdamW" } as const;
    const { timings } = await runKernelBenchmark(opened, options);
    expect(timings).toMatchObject([
      { op: "adamw", variant: null, isChosen: true, gflops: null, shareOfBest: 1 },
    ]);
  });
});

describe("the pass timer", () => {
  it("gives a duration for each pass, also for more passes than one query set holds", async () => {
    const timer = await createPassTimer(opened, nowMs);
    const durations = await timer.measureMs(Array.from({ length: 2100 }, () => () => {}));
    timer.destroy();
    expect(durations).toHaveLength(2100);
    expect(Math.min(...durations)).toBeGreaterThanOrEqual(0);
  });
});

describe("the profile of a graph", () => {
  it("has a time for each dispatch, under its op and module, and leaves the program usable", async () => {
    const builder = new GraphBuilder();
    const x = builder.input("x", [64, 48], "f32");
    const weight = builder.parameter("weight", [48, 32], { role: "baseWeight", trainable: false });
    const y = builder.withScope("layer", () => x.matmul(weight).gelu());
    builder.output("y", y);
    const graph = builder.finish();
    const executor = createWebgpuExecutor({ device: opened });
    const store = await executor.createStore(parametersOf(graph, 1));
    const program = await executor.compile(graph, store);
    const inputs = inputsOf(graph, 1, 0);
    const before = await program.run(inputs);
    const { dispatches } = await profileDispatches(opened, graph, store, inputs, { runs: 1, nowMs });
    expect(dispatches.map(({ op }) => op)).toEqual(["matmul", "gelu"]);
    for (const { ms, label } of dispatches) {
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(label).toContain("in layer");
    }
    expect(await program.run(inputs)).toEqual(before);
    await program.dispose();
    store.release(store.names);
  });
});
