import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { incompleteBeta } from "./incompleteBeta.ts";
import { logGamma } from "./logGamma.ts";
import { reference } from "./reference.ts";
import { normalQuantile, studentQuantile, studentUpperTail } from "./studentT.ts";

const relative = (found: number, expected: number): number =>
  Math.abs(found - expected) / Math.max(Math.abs(expected), 1e-300);

describe("special functions", () => {
  test.each(reference.logGamma)("log gamma at %d is scipy's", (x, expected) => {
    expect(relative(logGamma(x), expected)).toBeLessThan(1e-13);
  });

  test.each(reference.studentUpperTail)(
    "the tail of t above %d, %d degrees, is scipy's",
    (t, degrees, tail) => {
      expect(relative(studentUpperTail(t, degrees), tail)).toBeLessThan(1e-11);
    },
  );

  test("the tail of t takes its quantile back", () => {
    const shares = fc.double({ min: 0.001, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(shares, fc.integer({ min: 1, max: 200 }), (share, degrees) => {
        expect(1 - studentUpperTail(studentQuantile(share, degrees), degrees)).toBeCloseTo(share, 9);
      }),
      { numRuns: 50 },
    );
  });

  test("the incomplete beta function is a polynomial where b is whole", () => {
    expect(incompleteBeta(0.3, 1, 1)).toBeCloseTo(0.3, 14);
    expect(incompleteBeta(0.3, 2.5, 1)).toBeCloseTo(0.3 ** 2.5, 14);
    expect(incompleteBeta(0.3, 1, 4)).toBeCloseTo(1 - 0.7 ** 4, 14);
    expect([incompleteBeta(0, 2, 3), incompleteBeta(1, 2, 3)]).toEqual([0, 1]);
  });

  test("the normal quantile is the one in every table", () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 10);
    expect(normalQuantile(0.5)).toBeCloseTo(0, 12);
  });
});
