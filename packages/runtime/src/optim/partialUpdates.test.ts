import { describe, expect, it } from "vitest";
import { createCpuExecutor } from "../execute/cpu/executor.ts";
import type { ProgramOutputs } from "../execute/executor.ts";
import { GraphBuilder } from "../graph/builder.ts";
import type { HostTensor } from "../graph/spec.ts";
import { adamWInputs, momentNames } from "./adamw.ts";
import type { AdjustUpdates, TrainableParameter } from "./optimizer.ts";
import { addOptimizerUpdate } from "./optimizer.ts";

const OPTIONS = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1, maxGradientNorm: 1 } as const;

/** Trains a 2 x 3 matrix of ones on the gradient [3, 0, 4; 3, 0, 4] for some steps. */
async function train(
  steps: number,
  extend: (graph: GraphBuilder) => Omit<TrainableParameter, "tensor">,
  adjust?: AdjustUpdates,
): Promise<{ readonly outputs: ProgramOutputs; readonly read: (name: string) => Promise<number[]> }> {
  const graph = new GraphBuilder();
  const tensor = graph.parameter("w", [2, 3], { role: "adapterWeight", trainable: true });
  const gradient = graph.input("gradient", [2, 3], "f32");
  addOptimizerUpdate(graph, [{ tensor, ...extend(graph) }], [gradient], OPTIONS, adjust);
  const executor = createCpuExecutor({ threads: 1 });
  const matrix = (value: number): HostTensor => ({
    shape: [2, 3],
    dtype: "f32",
    data: new Float32Array(6).fill(value),
  });
  const { first, second } = momentNames("w");
  const store = await executor.createStore(
    new Map([
      ["w", matrix(1)],
      [first, matrix(0.5)],
      [second, matrix(0.5)],
    ]),
  );
  const program = await executor.compile(graph.finish(), store);
  const hasMask = program.graph.values.some(({ name }) => name === "mask");
  const mask = hasMask ? { mask: Float32Array.of(0, 1, 1) } : {};
  let outputs: ProgramOutputs = {};
  for (let step = 0; step < steps; step++) {
    outputs = await program.run({
      gradient: Float32Array.of(3, 0, 4, 3, 0, 4),
      ...mask,
      ...adamWInputs(step, 0.1, OPTIONS),
    });
  }
  await program.dispose();
  return { outputs, read: async (name) => [...(await store.read(name))] };
}

describe("a parameter with an update mask", () => {
  const masked = (graph: GraphBuilder) => ({ updateMask: graph.input("mask", [3], "f32") });

  it("keeps its frozen columns and their moments bit for bit, in spite of decay and momentum", async () => {
    const { read } = await train(5, masked);
    const { first, second } = momentNames("w");
    for (const [name, before] of [
      ["w", 1],
      [first, 0.5],
      [second, 0.5],
    ] as const) {
      const values = await read(name);
      expect([values[0], values[3]]).toEqual([before, before]);
      expect(values[1]).not.toBe(before);
    }
  });

  it("leaves them out of the gradient's norm", async () => {
    const { outputs } = await train(1, masked);
    expect(outputs.gradientNorm?.data[0]).toBeCloseTo(Math.sqrt(32), 5);
  });
});

describe("a parameter with a transformed gradient", () => {
  it("is clipped and updated by what the transform makes", async () => {
    const { outputs, read } = await train(1, () => ({ transformGradient: (g) => g.mul(-2) }));
    expect(outputs.gradientNorm?.data[0]).toBeCloseTo(2 * Math.sqrt(50), 4);
    const moments = await read(momentNames("w").first);
    expect(moments[0]).toBeCloseTo(0.45 - (0.1 * 6) / (2 * Math.sqrt(50)), 5);
  });
});

describe("adjusted updates", () => {
  it("are stored in place of the optimizer's, and see the clipped gradient and the new value", async () => {
    const plain = await train(1, () => ({}));
    const adjusted = await train(
      1,
      () => ({}),
      (updates) => {
        const update = updates.get("w");
        return update === undefined ? new Map() : new Map([["w", update.next.add(update.gradient())]]);
      },
    );
    const [before, after] = [await plain.read("w"), await adjusted.read("w")];
    const clip = 1 / (Math.sqrt(50) + 1e-6);
    [3, 0, 4, 3, 0, 4].forEach((gradient, index) => {
      expect(after[index]).toBeCloseTo((before[index] as number) + gradient * clip, 5);
    });
  });
});
