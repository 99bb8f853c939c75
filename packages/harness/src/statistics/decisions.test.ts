import { createRandom } from "@peftbench/runtime";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pairedEffect, pairedOddsRatio } from "./effectSize.ts";
import type { EquivalenceResult } from "./equivalence.ts";
import { equivalenceTest } from "./equivalence.ts";
import { estimateOverSeeds } from "./estimate.ts";
import { holm } from "./holm.ts";
import { reference } from "./reference.ts";
import { verdictOf } from "./verdict.ts";

describe("Holm's correction", () => {
  test("agrees with statsmodels", () => {
    const found = holm(reference.holm.pValues);
    reference.holm.adjusted.forEach((expected, index) => {
      expect(found[index]).toBeCloseTo(expected, 14);
    });
  });

  test("never lowers a p-value, keeps their order, and goes no further than Bonferroni's", () => {
    const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });
    fc.assert(
      fc.property(shares, (pValues) => {
        const adjusted = holm(pValues);
        pValues.forEach((pValue, index) => {
          expect(adjusted[index]).toBeGreaterThanOrEqual(pValue);
          expect(adjusted[index]).toBeLessThanOrEqual(Math.min(1, pValue * pValues.length) + 1e-15);
          pValues.forEach((other, place) => {
            if (other < pValue) expect(adjusted[place]).toBeLessThanOrEqual(adjusted[index] ?? 0);
          });
        });
      }),
    );
    expect(() => holm([0.1, Number.NaN])).toThrow("p-value NaN");
  });
});

describe("effect sizes", () => {
  test("agree with their definitions", () => {
    const { differences, cohensD, hedgesG } = reference.effect;
    const found = pairedEffect(differences);
    expect(found?.cohensD).toBeCloseTo(cohensD, 12);
    expect(found?.hedgesG).toBeCloseTo(hedgesG, 12);
    // By hand: 1 and 3 have the mean 2 and the deviation of root 2.
    expect(pairedEffect([1, 3])?.cohensD).toBeCloseTo(Math.SQRT2, 14);
    expect(pairedEffect([1, 3])?.hedgesG).toBeNull();
  });

  test("are none where nothing varies", () => {
    expect(pairedEffect([2])).toBeNull();
    expect(pairedEffect([0.1, 0.1, 0.1])).toBeNull();
    expect(() => pairedEffect([1, Number.NaN])).toThrow(RangeError);
    expect(pairedOddsRatio(6, 3)).toBe(2);
    expect(pairedOddsRatio(6, 0)).toBeNull();
  });
});

/** Over seeds; null where they do not vary. */
function equivalence(
  differences: readonly number[],
  margin: number,
  level?: number,
): EquivalenceResult | null {
  const estimate = estimateOverSeeds(differences);
  return estimate && equivalenceTest(estimate, margin, level);
}

describe("the equivalence test", () => {
  test.each(reference.equivalence)("agrees with statsmodels on $differences", (expected) => {
    const found = equivalence(expected.differences, expected.margin);
    expect(found?.pValue).toBeCloseTo(expected.pValue, 11);
    expect(found?.intervalPoints.low).toBeCloseTo(expected.interval[0], 10);
    expect(found?.intervalPoints.high).toBeCloseTo(expected.interval[1], 10);
    expect(found?.equivalent).toBe(expected.pValue < 0.05);
  });

  test("claims equivalence exactly where the interval lies inside the margin", () => {
    const points = fc.double({ min: -2, max: 2, noNaN: true });
    fc.assert(
      fc.property(fc.array(points, { minLength: 2, maxLength: 6 }), (differences) => {
        const found = equivalence(differences, 1);
        if (found === null) return;
        const { low, high } = found.intervalPoints;
        const room = Math.min(low + 1, 1 - high);
        if (Math.abs(room) > 1e-9) expect(found.equivalent).toBe(room > 0);
      }),
    );
  });

  test("is wrong in at most one of twenty at the edge of the margin", () => {
    const random = createRandom(2, "equivalence");
    const claims = Array.from({ length: 600 }, () =>
      equivalence(
        Array.from({ length: 5 }, () => 1 + 0.3 * random.normal()),
        1,
      ),
    ).filter((found) => found?.equivalent === true).length;
    // 30 expected, deviation 5.3.
    expect(claims).toBeLessThan(47);
    expect(claims).toBeGreaterThan(13);
  });

  test("knows nothing from one seed or seeds that do not vary", () => {
    expect(equivalence([0], 1)).toBeNull();
    expect(equivalence([0.1, 0.1, 0.1], 1)).toBeNull();
    expect(() => equivalence([0, 1], 0)).toThrow("margin is 0");
    expect(() => equivalence([0, 1], 1, 0.5)).toThrow(RangeError);
  });
});

test("a verdict names a winner only where a difference is shown", () => {
  const evidence = { difference: 0.02, pValue: 0.01, higherIsBetter: true, equivalent: null };
  expect(verdictOf(evidence)).toBe("A better");
  expect(verdictOf({ ...evidence, difference: -0.02 })).toBe("B better");
  expect(verdictOf({ ...evidence, higherIsBetter: false })).toBe("B better");
  expect(verdictOf({ ...evidence, pValue: 0.05 })).toBe("no difference shown");
  expect(verdictOf({ ...evidence, pValue: 0.4, equivalent: true })).toBe("equivalent within margin");
  expect(verdictOf({ ...evidence, equivalent: true })).toBe("A better");
  expect(verdictOf({ ...evidence, difference: null, pValue: null, equivalent: false })).toBe(
    "no difference shown",
  );
});
