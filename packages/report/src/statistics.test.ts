import { describe, expect, it } from "vitest";
import { meanAndDeviation, meanInterval, studentQuantile } from "./statistics.ts";

describe("studentQuantile", () => {
  // Made with scipy.stats.t.ppf.
  it.each([
    [0.975, 1, 12.706204736174694],
    [0.975, 2, 4.302652729749462],
    [0.975, 4, 2.7764451051977934],
    [0.995, 2, 9.924843200918287],
    [0.975, 9, 2.262157162798205],
    [0.9, 30, 1.3104150253913955],
    [0.975, 1000, 1.9623390808264083],
    [0.9983333333333333, 2, 17.27717670004373],
  ])("of %d at %d degrees of freedom equals scipy's", (probability, degrees, expected) => {
    expect(Math.abs(studentQuantile(probability, degrees) / expected - 1)).toBeLessThan(1e-9);
  });

  it("refuses what is no probability of the upper half", () => {
    expect(() => studentQuantile(0.5, 2)).toThrow(/expected a probability/);
    expect(() => studentQuantile(0.9, 0)).toThrow(/degree/);
  });
});

describe("meanInterval", () => {
  it("is Student's interval of three values", () => {
    const { mean, deviation } = meanAndDeviation([1, 2, 3]);
    expect([mean, deviation]).toEqual([2, 1]);
    const interval = meanInterval(mean, deviation ?? Number.NaN, 3, 0.95);
    expect(interval?.high).toBeCloseTo(2 + 4.302652729749462 / Math.sqrt(3), 10);
    expect(interval?.low).toBeCloseTo(2 - 4.302652729749462 / Math.sqrt(3), 10);
  });

  it("does not exist for one value", () => {
    expect(meanAndDeviation([7])).toEqual({ mean: 7, deviation: null });
    expect(meanInterval(7, 0, 1, 0.95)).toBeNull();
  });
});
