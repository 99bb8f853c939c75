import type { WebgpuDevice } from "@peftbench/runtime";
import { openWebgpuDevice, savePolicies } from "@peftbench/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MeasuredMethod } from "./encoderSteps.ts";
import { batchShapes, encoderStep, methodConfigs } from "./encoderSteps.ts";
import { measureMemory } from "./planAgainstLedger.ts";

const cases = (Object.keys(methodConfigs) as MeasuredMethod[]).flatMap((method) =>
  savePolicies.flatMap((savePolicy) =>
    batchShapes.tiny.map((batch) => ({ method, savePolicy, batch, ...batch })),
  ),
);

describe("a real encoder's plan held against what the device was asked for", () => {
  let opened: WebgpuDevice;
  beforeAll(async () => {
    opened = await openWebgpuDevice({ adapter: "any" });
  });
  afterAll(() => opened.dispose());

  it.each(cases)(
    "is exact, reserved and live, and freed bytes are read by nobody ($method, $savePolicy, $rows x $length)",
    async ({ method, savePolicy, batch }) => {
      const step = encoderStep({ encoder: "tiny", method, savePolicy, batch, weights: "f32" });
      const { reserved, live, differing, compared } = await measureMemory(step, opened);
      expect(reserved.measuredBytes).toBe(reserved.plannedBytes);
      expect(live.measuredBytes).toBe(live.plannedBytes);
      expect(differing).toEqual({ poisoned: 0, bufferPerTensor: 0 });
      // Two losses, and more parameters than that.
      expect(compared).toBeGreaterThan(2 + step.parameters.size - 1);
    },
  );

  it("is exact where frozen weights are stored as f16", async (context) => {
    context.skip(!opened.profile.supportsF16, "the adapter has no shader-f16");
    const [batch = { rows: 1, length: 1 }] = batchShapes.tiny;
    const common = { encoder: "tiny", method: "lora", savePolicy: "recompute", batch } as const;
    const half = await measureMemory(encoderStep({ ...common, weights: "f16" }), opened);
    const full = await measureMemory(encoderStep({ ...common, weights: "f32" }), opened);
    expect(half.reserved.measuredBytes).toBe(half.reserved.plannedBytes);
    expect(half.live.measuredBytes).toBe(half.live.plannedBytes);
    expect(half.differing).toEqual({ poisoned: 0, bufferPerTensor: 0 });
    expect(half.live.measuredBytes).toBeLessThan(full.live.measuredBytes);
  });
});
