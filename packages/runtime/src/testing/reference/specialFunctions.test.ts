import { describe, expect, it } from "vitest";
import { erf, normalDensity, normalDistribution, sigmoid } from "./specialFunctions.ts";

/** By Python's math.erf (`fixtures/make_hash.py`). */
const ERF: readonly (readonly [number, number])[] = [
  [0, 0],
  [1e-8, 1.1283791670955126e-8],
  [0.1, 0.1124629160182849],
  [0.5, 0.5204998778130465],
  [1, 0.8427007929497149],
  [2, 0.9953222650189527],
  [2.4999, 0.9995928300996666],
  [2.5, 0.999593047982555],
  [3, 0.9999779095030014],
  [4, 0.9999999845827421],
  [5.5, 0.9999999999999927],
];

describe("special functions of the float64 reference", () => {
  it.each(ERF)("erf(%f) is %f to 14 digits, and odd", (x, expected) => {
    expect(Math.abs(erf(x) - expected)).toBeLessThanOrEqual(1e-14 * Math.abs(expected));
    expect(erf(-x) + erf(x)).toBe(0);
  });

  it("the normal distribution's derivative is its density", () => {
    for (const x of [-4, -1.3, 0, 0.7, 2.6, 5]) {
      const slope = (normalDistribution(x + 1e-5) - normalDistribution(x - 1e-5)) / 2e-5;
      expect(Math.abs(slope - normalDensity(x))).toBeLessThan(1e-9);
    }
  });

  it("sigmoid neither overflows nor loses its tail", () => {
    expect(sigmoid(-800)).toBe(0);
    expect(sigmoid(800)).toBe(1);
    expect(sigmoid(-40) / Math.exp(-40)).toBeCloseTo(1, 12);
  });
});
