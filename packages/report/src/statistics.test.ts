import { describe, expect, it } from "vitest";
import { meanAndDeviation, meanInterval } from "./statistics.ts";

describe("meanInterval", () => {
  // t.ppf of scipy.stats.
  it.each([
    [2, 0.95, 12.706204736174694],
    [3, 0.95, 4.302652729749462],
    [5, 0.95, 2.7764451051977934],
    [3, 0.99, 9.924843200918287],
    [10, 0.95, 2.262157162798205],
  ])("of %d values at confidence %d has Student's half width", (n, confidence, quantile) => {
    const interval = meanInterval(10, 3, n, confidence);
    expect(interval?.high).toBeCloseTo(10 + (quantile * 3) / Math.sqrt(n), 7);
    expect(interval?.low).toBeCloseTo(10 - (quantile * 3) / Math.sqrt(n), 7);
  });

  it("does not exist for one value", () => {
    expect(meanInterval(7, 0, 1, 0.95)).toBeNull();
  });
});

describe("meanAndDeviation", () => {
  it("divides by n - 1, and gives no deviation for one value", () => {
    expect(meanAndDeviation([1, 2, 3])).toEqual({ mean: 2, deviation: 1 });
    expect(meanAndDeviation([7])).toEqual({ mean: 7, deviation: null });
  });
});
