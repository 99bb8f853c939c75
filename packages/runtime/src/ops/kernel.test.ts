import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KernelDevice } from "./kernel.ts";
import { gridOf } from "./kernel.ts";

const DEVICE: KernelDevice = {
  subgroupSize: null,
  isSoftware: true,
  maxWorkgroupsPerDimension: 65_535,
  maxStorageBuffers: 8,
};

describe("the grid of a kernel", () => {
  it("has room for all workgroups within the limit of each dimension, and hardly more", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 }), (count) => {
        const [x, y, z] = gridOf(count, DEVICE);
        expect(Math.max(x, y)).toBeLessThanOrEqual(65_535);
        expect(x * y * z).toBeGreaterThanOrEqual(count);
        expect(x * y * z).toBeLessThan(count + y);
      }),
    );
  });
});
