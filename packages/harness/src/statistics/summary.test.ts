import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { summarize } from "./summary.ts";

describe("a summary over seeds", () => {
  test("agrees with R's t.test on a worked example", () => {
    // R: t.test(c(0.90, 0.91, 0.95)); sd(c(0.90, 0.91, 0.95)). The quantile is qt(0.975, 2) = 4.30265273.
    const { mean, deviation, interval } = summarize([0.9, 0.91, 0.95]);
    expect(mean).toBeCloseTo(0.92, 12);
    expect(deviation).toBeCloseTo(0.0264575131, 9);
    expect(interval?.low).toBeCloseTo(0.92 - (4.3026527297 * 0.0264575131) / Math.sqrt(3), 9);
    expect(interval?.high).toBeCloseTo(0.92 + (4.3026527297 * 0.0264575131) / Math.sqrt(3), 9);
  });

  test("says nothing where it knows nothing", () => {
    expect(summarize([])).toEqual({ count: 0, mean: null, deviation: null, interval: null });
    expect(summarize([0.5])).toEqual({ count: 1, mean: 0.5, deviation: null, interval: null });
    expect(() => summarize([Number.NaN])).toThrow(RangeError);
    expect(() => summarize([1, 2], 1)).toThrow(RangeError);
  });

  test("moves and scales with its values, and widens with confidence", () => {
    const values = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 2, maxLength: 10 });
    fc.assert(
      fc.property(values, fc.double({ min: -10, max: 10, noNaN: true }), (sample, shift) => {
        const plain = summarize(sample);
        const moved = summarize(sample.map((value) => value + shift));
        expect(moved.mean).toBeCloseTo((plain.mean ?? 0) + shift, 8);
        expect(moved.deviation).toBeCloseTo(plain.deviation ?? 0, 8);
        const wider = summarize(sample, 0.99).interval;
        expect(wider?.low).toBeLessThanOrEqual(plain.interval?.low ?? 0);
        expect(wider?.high).toBeGreaterThanOrEqual(plain.interval?.high ?? 0);
      }),
    );
  });
});
