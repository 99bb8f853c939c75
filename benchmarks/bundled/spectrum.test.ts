import { describe, expect, it } from "vitest";
import {
  randomEdge,
  randomSpectrum,
  relativeToRms,
  singularValuesOf,
  summarizeSpectrum,
} from "./spectrum.ts";

const diagonal = (...values: number[]): Float32Array =>
  Float32Array.from({ length: values.length ** 2 }, (_, index) =>
    index % (values.length + 1) === 0 ? (values[index / (values.length + 1)] as number) : 0,
  );

describe("a summary of a spectrum", () => {
  it("counts every direction of an identity", () => {
    const values = singularValuesOf("identity", diagonal(...Array<number>(6).fill(3)), [6, 6]);
    const summary = summarizeSpectrum(values, [6, 6], [1, 3]);
    expect(summary.stableRank).toBeCloseTo(6, 10);
    expect(summary.effectiveRank).toBeCloseTo(6, 10);
    expect(summary.topShares.map(({ share }) => share)).toEqual([
      expect.closeTo(1 / 6, 10),
      expect.closeTo(1 / 2, 10),
    ]);
    expect(summary.aboveRandomEdge).toBe(0);
  });

  it("counts one direction of an outer product", () => {
    const [u, v] = [
      [1, -2, 2],
      [3, 0, 4, 0, 1],
    ];
    const outer = Float32Array.from(u?.flatMap((a) => v?.map((b) => a * b) ?? []) ?? []);
    const values = singularValuesOf("outer", outer, [3, 5]);
    expect(values[0]).toBeCloseTo(3 * Math.sqrt(26), 5);
    const { stableRank, effectiveRank, topShares } = summarizeSpectrum(values, [3, 5], [1]);
    expect(stableRank).toBeCloseTo(1, 6);
    expect(effectiveRank).toBeCloseTo(1, 4);
    expect(topShares[0]?.share).toBeCloseTo(1, 6);
  });

  it("is what one computes by hand for the values 2 and 1", () => {
    const { stableRank, effectiveRank, topShares } = summarizeSpectrum(
      singularValuesOf("diagonal", diagonal(1, 2), [2, 2]),
      [2, 2],
      [1],
    );
    expect(stableRank).toBeCloseTo(1.25, 10);
    // 3 / 2^(2/3)
    expect(effectiveRank).toBeCloseTo(1.889882, 6);
    expect(topShares[0]?.share).toBeCloseTo(0.8, 10);
  });

  it("refuses a matrix of zeros", () => {
    expect(() => summarizeSpectrum(new Float64Array(4), [4, 4], [1])).toThrow(/is zero/);
  });
});

it("a random matrix has its largest value at the edge of Marchenko and Pastur, and all its energy spread", () => {
  const values = randomSpectrum(48, 192);
  expect(relativeToRms(values)[0]).toBeGreaterThan(0.93 * randomEdge(48, 192));
  expect(relativeToRms(values)[0]).toBeLessThan(1.07 * randomEdge(48, 192));
  // The fourth moment of the law gives the participation of its energy: n / (1 + short / long).
  const energy = values.map((value) => value ** 2);
  const squares = energy.reduce((sum, value) => sum + value ** 2, 0);
  expect(energy.reduce((sum, value) => sum + value, 0) ** 2 / squares).toBeCloseTo(48 / 1.25, -1);
});
