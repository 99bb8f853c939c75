import { resolve } from "node:path";
import type { CellSpec, RunResult } from "@peftbench/harness";
import { exampleResult } from "@peftbench/harness";
import { allTasks } from "@peftbench/tasks";
import { beforeAll, describe, expect, it } from "vitest";
import { specsOf } from "../../testing/specsOf.ts";
import { assumedSpeedOf, estimateTime } from "./timeEstimate.ts";

const CPU = "a processor";
const work = { trainTokens: 1000, scoredTokens: 500, linearScalars: 1e6, trainable: 2e6 };

let spec: CellSpec;
let earlier: RunResult;
beforeAll(async () => {
  const project = resolve(import.meta.dirname, "../../../../..");
  spec = (await specsOf(allTasks.slice(0, 1), { project, out: "out" }))[0]!;
  const { cell, environment, weights, time } = exampleResult;
  earlier = {
    ...exampleResult,
    cell: { ...cell, method: "lora", config: { ...cell.config, training: spec.cell.config.training } },
    environment: { ...environment, cpuModel: CPU, threads: 1 },
    weights: { ...weights!, checksum: spec.weightsChecksum },
    time: { ...time!, trainMs: 4000, tokensTrained: 2000 },
  };
});

describe("the time of a cell", () => {
  it("goes by the speed of earlier runs: tokens trained, and half as much for tokens scored", () => {
    expect(estimateTime(spec, work, [earlier], CPU)).toEqual({
      milliseconds: 2 * (1000 + 250),
      basis: "measured",
    });
    const slower = { ...earlier, time: { ...earlier.time!, trainMs: 2000, tokensTrained: 10_000 } };
    expect(estimateTime(spec, work, [earlier, slower], CPU).milliseconds).toBe(0.5 * 1250);
  });

  it("goes by operations at an assumed speed where no run was alike", () => {
    const others: RunResult[] = [
      { ...earlier, cell: { ...earlier.cell, method: "full" } },
      { ...earlier, weights: { ...earlier.weights!, checksum: "f".repeat(64) } },
      { ...earlier, environment: { ...earlier.environment, cpuModel: "another" } },
      { ...earlier, environment: { ...earlier.environment, threads: 8 } },
      { ...earlier, status: "failed" },
    ];
    // 1,000 tokens of 4e6 + 4e6 operations, 500 of 2e6: 9e9 at 30 GFLOP/s a thread.
    expect(estimateTime(spec, work, others, CPU)).toEqual({ milliseconds: 300, basis: "assumed" });
    // The gradients of a head alone need no backward pass through the encoder.
    const { milliseconds } = estimateTime(spec, { ...work, trainable: 0 }, [], CPU);
    expect(milliseconds).toBeCloseTo(100, 9);
    expect(assumedSpeedOf({ executor: "cpu", adapter: null, threads: 4 })).toBe(
      4 * assumedSpeedOf({ executor: "cpu", adapter: null, threads: 1 }),
    );
  });
});
