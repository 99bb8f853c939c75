import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "./generator.ts";

const COUNT = 40_000;

function draw(next: () => number): Float64Array {
  return Float64Array.from({ length: COUNT }, next);
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function correlation(a: Float64Array, b: Float64Array): number {
  const [centreA, centreB] = [mean(a), mean(b)];
  const dot = (x: Float64Array, cx: number, y: Float64Array, cy: number): number =>
    x.reduce((sum, value, index) => sum + (value - cx) * ((y[index] as number) - cy), 0);
  return dot(a, centreA, b, centreB) / Math.sqrt(dot(a, centreA, a, centreA) * dot(b, centreB, b, centreB));
}

/** Five standard deviations of a correlation of independent draws. */
const UNCORRELATED = 5 / Math.sqrt(COUNT);

describe("createRandom", () => {
  it("repeats itself for the same seed and purpose", () => {
    const [a, b] = [createRandom(7, "lora.A"), createRandom(7, "lora.A")];
    expect(Array.from({ length: 50 }, () => a.normal())).toEqual(
      Array.from({ length: 50 }, () => b.normal()),
    );
  });

  it("draws uniform numbers with the mean, variance and spread over cells of a uniform", () => {
    const values = draw(createRandom(1, "uniform").uniform);
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(Math.abs(mean(values) - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / COUNT));
    const cells = 100;
    const counts = new Float64Array(cells);
    for (const value of values) {
      const cell = Math.floor(value * cells);
      counts[cell] = (counts[cell] as number) + 1;
    }
    const expected = COUNT / cells;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 99 degrees of freedom: mean 99, deviation 14.
    expect(chiSquare).toBeGreaterThan(99 - 4 * 14);
    expect(chiSquare).toBeLessThan(99 + 5 * 14);
  });

  it("draws normal numbers with the moments and tails of a normal", () => {
    const values = draw(createRandom(2, "normal").normal);
    const moment = (power: number): number => mean(values.map((value) => value ** power));
    expect(Math.abs(moment(1))).toBeLessThan(5 / Math.sqrt(COUNT));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / COUNT));
    expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / COUNT));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / COUNT));
    const beyondTwo = values.filter((value) => Math.abs(value) > 2).length / COUNT;
    expect(Math.abs(beyondTwo - 0.0455)).toBeLessThan(5 * Math.sqrt((0.0455 * 0.9545) / COUNT));
  });

  it("draws numbers that do not depend on the one before", () => {
    const values = draw(createRandom(3, "serial").uniform);
    for (const lag of [1, 2, 7]) {
      expect(Math.abs(correlation(values.slice(lag), values.slice(0, -lag)))).toBeLessThan(UNCORRELATED);
    }
  });

  it.each([
    ["purposes", () => [createRandom(1, "layer.0.A"), createRandom(1, "layer.1.A")] as const],
    ["swapped letters", () => [createRandom(1, "ab"), createRandom(1, "ba")] as const],
    ["neighbouring seeds", () => [createRandom(1, "x"), createRandom(2, "x")] as const],
    ["a purpose and a longer one", () => [createRandom(1, "x"), createRandom(1, "xx")] as const],
  ])("gives independent streams to different %s", (_, make) => {
    const [a, b] = make();
    expect(Math.abs(correlation(draw(a.uniform), draw(b.uniform)))).toBeLessThan(UNCORRELATED);
  });

  it("draws whole numbers below the bound, all of them about equally often", () => {
    const { integer } = createRandom(4, "integer");
    const counts = new Float64Array(7);
    for (let index = 0; index < COUNT; index++) {
      const value = integer(7);
      counts[value] = (counts[value] as number) + 1;
    }
    const expected = COUNT / 7;
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(COUNT);
    for (const count of counts) expect(Math.abs(count - expected)).toBeLessThan(5 * Math.sqrt(expected));
  });

  it("permutes: every number once, in every order about equally often", () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(1e6), (count, seed) => {
        const order = createRandom(seed, "shuffle").permutation(count);
        expect([...order].toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
      }),
      { seed: 1 },
    );
    const { permutation } = createRandom(5, "shuffle");
    const counts = new Map<string, number>();
    for (let index = 0; index < 6000; index++) {
      const key = permutation(3).join("");
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(1000));
  });
});
