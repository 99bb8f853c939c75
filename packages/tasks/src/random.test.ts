import { describe, expect, it } from "vitest";
import { keyedRandom, randomOrder } from "./random.ts";

describe("keyedRandom", () => {
  it("gives the numbers it has always given: results depend on them", () => {
    const random = keyedRandom([3, 42, 0]);
    expect([random(), random(), random()]).toMatchInlineSnapshot(`
      [
        0.8640350901987404,
        0.2751287186983973,
        0.3512693322263658,
      ]
    `);
  });

  it("gives another sequence for any other key, also past 32 bits and for keys of other length", () => {
    const keys = [[0], [1], [0, 0], [0, 1], [1, 0], [2 ** 32], [2 ** 32 + 1], [Number.MAX_SAFE_INTEGER]];
    const firsts = keys.map((key) => keyedRandom(key)());
    expect(new Set(firsts).size).toBe(keys.length);
  });

  it("refuses a seed that is not a whole non-negative number", () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53])
      expect(() => keyedRandom([seed])).toThrow(/seed or epoch/);
  });

  it("is uniform: chi-square of 64 cells over neighbouring seeds and along one sequence", () => {
    const along = keyedRandom([7]);
    for (const draw of [() => along(), (index: number) => keyedRandom([3, index, 0])()]) {
      const cells = new Array<number>(64).fill(0);
      const count = 64_000;
      for (let index = 0; index < count; index++) {
        const cell = Math.floor(draw(index) * 64);
        cells[cell] = (cells[cell] ?? 0) + 1;
      }
      const chiSquare = cells.reduce((sum, seen) => sum + (seen - count / 64) ** 2 / (count / 64), 0);
      // 63 degrees of freedom: 1 in 100,000 below 22, and above 127; the sequences are fixed, so this cannot flicker.
      expect(chiSquare).toBeGreaterThan(22);
      expect(chiSquare).toBeLessThan(127);
    }
  });
});

describe("randomOrder", () => {
  it("has every order of four about as often as any other", () => {
    const random = keyedRandom([11]);
    const seen = new Map<string, number>();
    for (let round = 0; round < 24_000; round++) {
      const order = randomOrder(4, random).join("");
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    expect(seen.size).toBe(24);
    for (const times of seen.values()) expect(Math.abs(times - 1000)).toBeLessThan(160);
  });
});
