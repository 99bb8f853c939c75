import { createCpuExecutor, savePolicies } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import { largestDifference } from "./parity/differences.ts";
import { ENCODER_TOLERANCE, encoderFixtures, expectedOfEncoder, runEncoder } from "./parity/encoders.ts";

describe("an encoder without fused attention", () => {
  const without = encoderFixtures.filter(({ attention }) => !attention.includes("fused"));
  it.each(without)("refuses it: $name", async (fixture) => {
    const run = runEncoder(fixture, {
      executor: createCpuExecutor({ threads: 1 }),
      attention: "fused",
      savePolicy: "eager",
      weights: "f32",
      trained: "vectors",
    });
    await expect(run).rejects.toMatchObject({
      name: "AttentionError",
      remedy: expect.stringContaining("materialized"),
    });
  });
});

describe.each(encoderFixtures)("the encoder $name beside PyTorch", (fixture) => {
  const variants = savePolicies.flatMap((savePolicy) =>
    fixture.attention.map((attention) => ({ savePolicy, attention })),
  );
  it.each(variants)(
    "has its hidden states, logits, loss and all gradients, under $savePolicy with $attention attention",
    async (variant) => {
      const executor = createCpuExecutor({ threads: 1 });
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
});
