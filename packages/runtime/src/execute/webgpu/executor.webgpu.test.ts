import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { applySavePolicy, savePolicies } from "../../passes/savePolicy.ts";
import { encoderStep, instructions, randomGraph } from "../../plan/testGraphs.ts";
import { describeMismatch } from "../../testing/compare.ts";
import { createCpuExecutor } from "../cpu/executor.ts";
import type { Executor } from "../executor.ts";
import { openWebgpuDevice } from "./device/openDevice.ts";
import type { WebgpuExecutorOptions } from "./executor.ts";
import { createWebgpuExecutor } from "./executor.ts";
import type { StepResults } from "./testing/runSteps.ts";
import { runSteps } from "./testing/runSteps.ts";

const opened = await openWebgpuDevice({ adapter: "any" });

const encoder = encoderStep({ layers: 2, batch: 3, length: 5, width: 12, heads: 3, rank: 2 });
const TOLERANCE = { relative: 1e-4, absolute: 1e-5 };

function webgpu(options: Omit<WebgpuExecutorOptions, "device"> = {}): Executor {
  return createWebgpuExecutor({ device: opened, ...options });
}

function expectClose(actual: StepResults, expected: StepResults): void {
  actual.outputs.forEach((outputs, step) => {
    for (const [name, { data }] of Object.entries(outputs)) {
      const wanted = expected.outputs[step]?.[name]?.data ?? [];
      expect(describeMismatch(data, wanted, TOLERANCE), `${name} of step ${step}`).toBeNull();
    }
  });
  for (const [name, values] of actual.parameters) {
    expect(describeMismatch(values, expected.parameters.get(name) ?? [], TOLERANCE), name).toBeNull();
  }
}

afterAll(() => opened.dispose());

describe("training steps on the WebGPU executor", () => {
  it.each(savePolicies)("make the losses and parameters of the CPU executor (%s)", async (policy) => {
    const graph = applySavePolicy(encoder, policy);
    expectClose(await runSteps(webgpu(), graph, 5), await runSteps(createCpuExecutor(), graph, 5));
  });

  it("make the same bits again", async () => {
    expect(await runSteps(webgpu(), encoder, 3)).toEqual(await runSteps(webgpu(), encoder, 3));
  });

  it.each([{ poisonFreed: true }, { mode: "bufferPerTensor" }] as const)(
    "make the same bits with %o",
    async (options) => {
      expect(await runSteps(webgpu(options), encoder, 3)).toEqual(await runSteps(webgpu(), encoder, 3));
    },
  );

  it("refuse to poison what is not an arena", () => {
    expect(() => webgpu({ mode: "bufferPerTensor", poisonFreed: true })).toThrow("Only the arena");
  });
});

describe("random graphs on the WebGPU executor", () => {
  it("make what the CPU executor makes, also with freed memory poisoned", async () => {
    const cpu = createCpuExecutor({ threads: 1 });
    const [plain, poisoned] = [webgpu(), webgpu({ poisonFreed: true })];
    const program = fc.tuple(instructions(12), fc.boolean());
    await fc.assert(
      fc.asyncProperty(program, async ([steps, train]) => {
        const graph = randomGraph(steps, train);
        const results = await runSteps(plain, graph, 2);
        expectClose(results, await runSteps(cpu, graph, 2));
        expect(await runSteps(poisoned, graph, 2)).toEqual(results);
      }),
      { numRuns: 25, seed: 7 },
    );
  });
});
