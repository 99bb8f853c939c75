import { exampleResult } from "@peftbench/harness";
import { describe, expect, it } from "vitest";
import type { Score } from "./pairedDifferences.ts";
import { pairedDifferences, scoreOf } from "./pairedDifferences.ts";

const score = (seed: number, points: number, more: Partial<Score> = {}): Score => ({
  ...{ task: "sst2", method: "full", metric: "accuracy", setting: "same" },
  ...{ seed, points },
  ...more,
});

describe("paired differences", () => {
  it("have the t interval of the differences, as computed by hand", () => {
    const [only, ...more] = pairedDifferences(
      [score(0, 80), score(1, 78), score(2, 79)],
      [score(2, 75), score(0, 70), score(1, 71)],
    );
    expect(more).toEqual([]);
    expect(only).toMatchObject({ seeds: [0, 1, 2], first: 79, second: 72 });
    // Differences 10, 7, 4: mean 7, deviation 3; t(0.975, 2) = 4.302653, so ± 4.302653 * 3 / sqrt(3) = 7.452413.
    expect(only?.difference).toMatchObject({ count: 3, mean: 7, deviation: 3 });
    expect(only?.difference.interval?.low).toBeCloseTo(7 - 7.452413, 5);
    expect(only?.difference.interval?.high).toBeCloseTo(7 + 7.452413, 5);
  });

  it("leave out seeds, tasks and methods that one side lacks", () => {
    const found = pairedDifferences(
      [score(0, 80), score(1, 99), score(0, 50, { task: "mrpc" })],
      [score(0, 70), score(0, 1, { method: "lora" })],
    );
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ task: "sst2", method: "full", seeds: [0], first: 80, second: 70 });
    expect(found[0]?.difference.interval).toBeNull();
  });

  it("refuse two results of one kind, and pairs that were not trained alike", () => {
    expect(() => pairedDifferences([score(0, 80), score(0, 81)], [])).toThrow(/two results of full on sst2/);
    expect(() => pairedDifferences([score(0, 80)], [score(0, 70, { setting: "other" })])).toThrow(
      /trained alike/,
    );
  });

  it("read the primary metric of finished runs alone, in hundredths", () => {
    const metric = exampleResult.metrics.find(({ primary }) => primary);
    expect(scoreOf(exampleResult, "lora")?.points).toBeCloseTo(100 * (metric?.value ?? Number.NaN), 10);
    expect(scoreOf({ ...exampleResult, status: "diverged" }, "lora")).toBeNull();
  });

  it("hold a score against one at another learning rate, and at no other epochs", () => {
    const settingWith = (training: object): string | undefined => {
      const config = {
        ...exampleResult.cell.config,
        training: { ...exampleResult.cell.config.training, ...training },
      };
      return scoreOf({ ...exampleResult, cell: { ...exampleResult.cell, config } }, "lora")?.setting;
    };
    expect(settingWith({ learningRate: 0.5 })).toBe(settingWith({}));
    expect(settingWith({ epochs: 77 })).not.toBe(settingWith({}));
  });
});
