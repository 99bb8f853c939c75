import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KernelDevice } from "../../kernel.ts";
import { candidateVariants, describeVariant } from "./candidates.ts";
import { chooseMatmul } from "./chooseMatmul.ts";
import { suitsTile } from "./subgroupBroadcast.ts";

const size = fc.integer({ min: 1, max: 5000 });
const problem = fc.record({
  batch: fc.integer({ min: 1, max: 400 }),
  rows: size,
  inner: size,
  columns: size,
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
  scale: fc.constant(1),
});
const device = fc.record<KernelDevice>({
  subgroupSize: fc.constantFrom(null, 4, 8, 16, 32, 64),
  isSoftware: fc.boolean(),
  maxWorkgroupsPerDimension: fc.constant(65_535),
  maxStorageBuffers: fc.constant(8),
});

describe("the candidates of a benchmark", () => {
  it("are different variants that the device can run, the chosen one among them", () => {
    fc.assert(
      fc.property(problem, device, (shape, on) => {
        const variants = candidateVariants(shape, on);
        const names = variants.map(describeVariant);
        expect(new Set(names).size).toBe(names.length);
        expect(names).toContain(describeVariant(chooseMatmul(shape, on)));
        for (const variant of variants) {
          if (variant.kind !== "subgroupBroadcast") continue;
          expect(suitsTile(variant, on.subgroupSize ?? Number.NaN)).toBe(true);
        }
      }),
    );
  });
});
