import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { selectionSplit, subset } from "./splits.ts";

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
const seeds = fc.integer({ min: 0, max: 2 ** 40 });
const countAndSize = fc
  .integer({ min: 2, max: 200 })
  .chain((count) => fc.tuple(fc.constant(count), fc.integer({ min: 1, max: count - 1 })));

describe("selectionSplit", () => {
  it("puts every example into exactly one part, in order, the same for the same seed", () => {
    fc.assert(
      fc.property(countAndSize, seeds, ([count, size], seed) => {
        const all = numbers(count);
        const { train, selection } = selectionSplit(all, { size, seed });
        expect(selection).toHaveLength(size);
        expect([...train, ...selection].sort((a, b) => a - b)).toEqual(all);
        expect(train).toEqual(train.toSorted((a, b) => a - b));
        expect(selection).toEqual(selection.toSorted((a, b) => a - b));
        expect(selectionSplit(all, { size, seed })).toEqual({ train, selection });
      }),
    );
  });

  it("depends on the seed", () => {
    const splits = numbers(50).map((seed) =>
      selectionSplit(numbers(100), { size: 10, seed }).selection.join(),
    );
    expect(new Set(splits).size).toBe(50);
  });

  it("refuses to hold out nothing, everything or a part of an example", () => {
    for (const size of [0, 5, 6, 1.5]) {
      expect(() => selectionSplit(numbers(5), { size, seed: 0 })).toThrow(
        /expected a whole number from 1 to 4/,
      );
    }
  });
});

describe("subset", () => {
  it("holds as many as asked for, in order, and the smaller lies within the larger", () => {
    fc.assert(
      fc.property(countAndSize, seeds, ([count, size], seed) => {
        const all = numbers(count);
        const small = subset(all, { size, seed });
        const larger = subset(all, { size: size + 1, seed });
        expect(small).toHaveLength(size);
        expect(small).toEqual(small.toSorted((a, b) => a - b));
        expect(small.every((item) => larger.includes(item))).toBe(true);
      }),
    );
  });

  it("is unrelated to the selection split of the same seed", () => {
    const held = new Set(selectionSplit(numbers(1000), { size: 500, seed: 3 }).selection);
    const both = subset(numbers(1000), { size: 500, seed: 3 }).filter((item) => held.has(item)).length;
    expect(Math.abs(both - 250)).toBeLessThan(60);
  });

  it("refuses more than there are", () => {
    expect(() => subset(numbers(5), { size: 6, seed: 0 })).toThrow(/A subset of 6 was asked for out of 5/);
  });
});
