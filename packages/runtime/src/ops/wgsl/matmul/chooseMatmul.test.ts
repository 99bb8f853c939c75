import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KernelDevice } from "../../kernel.ts";
import { chooseMatmul, threadGridFor } from "./chooseMatmul.ts";
import type { MatmulProblem } from "./problem.ts";
import { splitInner } from "./problem.ts";

const GPU: KernelDevice = {
  subgroupSize: 32,
  isSoftware: false,
  maxWorkgroupsPerDimension: 65_535,
  maxStorageBuffers: 8,
};
const PLAIN: KernelDevice = { ...GPU, subgroupSize: null };
const SOFTWARE: KernelDevice = { ...GPU, subgroupSize: 8, isSoftware: true };

function problem(rows: number, inner: number, columns: number, batch = 1): MatmulProblem {
  return { batch, rows, inner, columns, transposeA: false, transposeB: false, scale: 1 };
}

const size = fc.integer({ min: 1, max: 40_000 });
const anyProblem = fc
  .tuple(size, size, size, fc.integer({ min: 1, max: 400 }))
  .map((sizes) => problem(...sizes));

describe("the choice of a matmul kernel", () => {
  it("spreads rows over a subgroup where the result fills its tile", () => {
    expect(chooseMatmul(problem(1024, 384, 384), SOFTWARE)).toEqual({
      kind: "subgroupBroadcast",
      rows: 32,
      laneColumns: 4,
      splits: 1,
    });
    expect(chooseMatmul(problem(1024, 384, 384), PLAIN).kind).toBe("registerTile");
    expect(chooseMatmul(problem(1024, 384, 8), GPU).kind).toBe("registerTile");
  });

  it("does not use subgroups of a size that its tile cannot be shared among", () => {
    for (const subgroupSize of [2, 64]) {
      expect(chooseMatmul(problem(512, 64, 512), { ...GPU, subgroupSize }).kind).toBe("registerTile");
    }
  });

  it("fits the grid of threads to narrow and to short results", () => {
    expect(threadGridFor(problem(1024, 384, 8))).toEqual({ threadRows: 64, threadColumns: 1 });
    expect(threadGridFor(problem(8, 1024, 384))).toEqual({ threadRows: 2, threadColumns: 32 });
    expect(threadGridFor(problem(1024, 384, 384))).toEqual({ threadRows: 8, threadColumns: 8 });
  });

  it("cuts a long inner axis where the result is small, and only there", () => {
    expect(chooseMatmul(problem(8, 4096, 384), GPU).splits).toBeGreaterThan(8);
    expect(chooseMatmul(problem(8, 64, 384), GPU).splits).toBe(1);
    expect(chooseMatmul(problem(4096, 4096, 4096), GPU).splits).toBe(1);
  });

  it("always makes workgroups of 64 threads, and parts that fit into 8 MiB", () => {
    fc.assert(
      fc.property(anyProblem, fc.constantFrom(GPU, PLAIN, SOFTWARE), (shape, device) => {
        const variant = chooseMatmul(shape, device);
        expect(chooseMatmul(shape, device)).toEqual(variant);
        if (variant.kind === "registerTile") expect(variant.threadRows * variant.threadColumns).toBe(64);
        const bytes = 4 * shape.batch * shape.rows * shape.columns * variant.splits;
        if (variant.splits > 1) expect(bytes).toBeLessThanOrEqual(8 * 2 ** 20);
      }),
    );
  });

  it("cuts into parts that cover the inner axis, none empty", () => {
    fc.assert(
      fc.property(size, fc.integer({ min: 1, max: 64 }), (inner, wanted) => {
        const { splits, chunk } = splitInner(inner, wanted);
        expect(splits).toBeLessThanOrEqual(wanted);
        expect(chunk % 4).toBe(0);
        expect((splits - 1) * chunk).toBeLessThan(inner);
        expect(splits * chunk).toBeGreaterThanOrEqual(inner);
      }),
    );
  });
});
