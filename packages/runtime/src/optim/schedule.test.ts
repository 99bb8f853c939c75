import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { RuntimeError } from "../errors.ts";
import type { ScheduleOptions } from "./schedule.ts";
import { learningRateAt } from "./schedule.ts";

type ScheduleFixture = ScheduleOptions & { readonly rates: readonly number[] };

const fixtures = (
  JSON.parse(readFileSync(new URL("../../fixtures/optimizer.json", import.meta.url), "utf8")) as {
    readonly schedules: readonly ScheduleFixture[];
  }
).schedules;

describe("learning-rate schedules", () => {
  it.each(fixtures)(
    "$name over $totalSteps steps, warm-up $warmupRatio, is that of transformers",
    (fixture) => {
      for (const [step, rate] of fixture.rates.entries()) {
        expect(learningRateAt(step, fixture)).toBeCloseTo(rate, 15);
      }
    },
  );

  it.each([-0.1, 1.5, Number.NaN])("refuses the warm-up ratio %s by name", (warmupRatio) => {
    const options = { name: "linear", peakLearningRate: 1, warmupRatio, totalSteps: 10 } as const;
    expect(() => learningRateAt(0, options)).toThrow(RuntimeError);
    expect(() => learningRateAt(0, options)).toThrow(`warmupRatio is ${warmupRatio}`);
  });
});
