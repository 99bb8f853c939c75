import { describe, expect, it } from "vitest";
import { createCpuExecutor } from "../execute/cpu/executor.ts";
import { GraphBuilder } from "../graph/builder.ts";
import { addOptimizerUpdate } from "./optimizer.ts";
import type { SgdOptions } from "./sgd.ts";

const START = [1, -2, 3];

/** A vector after some steps of rate 0.1 on one gradient. */
async function train(
  options: SgdOptions,
  gradient: readonly number[],
  steps: number,
  mask?: readonly number[],
) {
  const graph = new GraphBuilder();
  const tensor = graph.parameter("w", [3], { role: "adapterWeight", trainable: true });
  const flags = mask === undefined ? {} : { updateMask: graph.input("mask", [3], "f32") };
  addOptimizerUpdate(graph, [{ tensor, ...flags }], [graph.input("gradient", [3], "f32")], options);
  const executor = createCpuExecutor({ threads: 1 });
  const values = { shape: [3], dtype: "f32", data: Float32Array.from(START) } as const;
  const store = await executor.createStore(new Map([["w", values]]));
  const program = await executor.compile(graph.finish(), store);
  const inputs = {
    gradient: Float32Array.from(gradient),
    learningRate: Float32Array.of(0.1),
    ...(mask === undefined ? {} : { mask: Float32Array.from(mask) }),
  };
  for (let step = 0; step < steps; step++) await program.run(inputs);
  return { values: [...(await store.read("w"))], stored: store.names };
}

const PLAIN: SgdOptions = { kind: "sgd", weightDecay: 0, maxGradientNorm: null };

describe("stochastic gradient descent", () => {
  it("goes against the gradient by the rate, and keeps nothing beside the parameter", async () => {
    const { values, stored } = await train(PLAIN, [1, 2, -3], 2);
    for (const [place, expected] of [0.8, -2.4, 3.6].entries())
      expect(values[place]).toBeCloseTo(expected, 6);
    expect([...stored]).toEqual(["w"]);
  });

  it("clips, then decays as a part of the gradient, as PyTorch does", async () => {
    const { values } = await train({ ...PLAIN, weightDecay: 0.5, maxGradientNorm: 1 }, [3, 0, 4], 1);
    // torch.nn.utils.clip_grad_norm_ divides by the norm plus 1e-6.
    const clipped = [3, 0, 4].map((each) => each / (5 + 1e-6));
    START.forEach((before, place) => {
      const expected = before - 0.1 * ((clipped[place] as number) + 0.5 * before);
      expect(values[place]).toBeCloseTo(expected, 6);
    });
  });

  it("leaves masked places as they are, and everything where the gradient is not finite", async () => {
    const masked = await train({ ...PLAIN, weightDecay: 0.5 }, [1, 2, 1], 3, [0, 1, 0]);
    expect([masked.values[0], masked.values[2]]).toEqual([1, 3]);
    expect(masked.values[1]).not.toBe(-2);
    expect((await train(PLAIN, [1, Number.NaN, 1], 1)).values).toEqual(START);
  });
});
