import { createCpuExecutor, savePolicies } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import { shareWebgpu } from "./conformance/webgpu.ts";
import { largestDifference } from "./parity/differences.ts";
import { ENCODER_TOLERANCE, encoderFixtures, expectedOfEncoder, runEncoder } from "./parity/encoders.ts";

describe.each([
  { shaders: "clamped", robustness: true },
  { shaders: "unclamped", robustness: false },
])("encoders on WebGPU, shaders $shaders", ({ robustness }) => {
  const webgpu = shareWebgpu({ robustness });

  describe.each(encoderFixtures)("$name beside PyTorch", (fixture) => {
    const variants = savePolicies.flatMap((savePolicy) =>
      fixture.attention.map((attention) => ({ savePolicy, attention })),
    );
    it.each(variants)(
      "has its hidden states, logits, loss and all gradients, under $savePolicy with $attention attention",
      async (variant) => {
        const executor = webgpu.executor();
        const found = await runEncoder(fixture, {
          ...variant,
          executor,
          weights: "f32",
          trained: "everything",
        });
        const expected = await expectedOfEncoder(fixture);
        expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
        for (const [name, values] of expected) {
          expect(largestDifference(found.get(name) ?? [], values), name).toBeLessThan(ENCODER_TOLERANCE);
        }
      },
    );

    it("has the CPU's values on rounded weights where frozen weights are stored as f16", async (context) => {
      context.skip(!webgpu.device().profile.supportsF16, "the adapter has no shader-f16");
      const settings = { savePolicy: "eager", attention: "materialized", trained: "vectors" } as const;
      const found = await runEncoder(fixture, { ...settings, executor: webgpu.executor(), weights: "f16" });
      const cpu = createCpuExecutor({ threads: 1 });
      const rounded = await runEncoder(fixture, { ...settings, executor: cpu, weights: "rounded" });
      await cpu.dispose();
      expect([...found.keys()].sort()).toEqual([...rounded.keys()].sort());
      for (const [name, values] of rounded) {
        expect(largestDifference(found.get(name) ?? [], values), name).toBeLessThan(ENCODER_TOLERANCE);
      }
      const expected = await expectedOfEncoder(fixture);
      for (const [name, values] of found) {
        const full = expected.get(name) ?? [];
        expect(largestDifference(values, full), name).toBeLessThan(halfTolerance(full));
      }
    });
  });
});

/**
 * How far a tensor may be from what weights in full give. Each weight moves by at most 2^-11 of itself, and about 16
 * products follow each other from the embeddings to the logits, or back: were all errors to add up, 16 * 2^-11 of the
 * tensor's largest value.
 */
function halfTolerance(expected: ArrayLike<number>): number {
  let largest = 0;
  for (let index = 0; index < expected.length; index++) {
    largest = Math.max(largest, Math.abs(expected[index] as number));
  }
  return 16 * 2 ** -11 * largest + ENCODER_TOLERANCE;
}
