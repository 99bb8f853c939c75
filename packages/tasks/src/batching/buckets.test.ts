import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bucketIndex, chooseBuckets } from "./buckets.ts";

function totalTokens(lengths: readonly number[], buckets: readonly number[], batchSize: number): number {
  const counts = buckets.map(() => 0);
  for (const length of lengths) {
    const index = bucketIndex(length, buckets);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts.reduce(
    (sum, count, index) => sum + Math.ceil(count / batchSize) * batchSize * (buckets[index] ?? 0),
    0,
  );
}

/** All rising lists of at most `maxBuckets` of the candidates that end with the last one. */
function allChoices(candidates: readonly number[], maxBuckets: number): number[][] {
  const last = candidates.at(-1) ?? 0;
  const choices: number[][] = [];
  for (let mask = 0; mask < 1 << (candidates.length - 1); mask++) {
    const chosen = candidates.slice(0, -1).filter((_, index) => (mask >> index) & 1);
    if (chosen.length < maxBuckets) choices.push([...chosen, last]);
  }
  return choices;
}

const maxLength = 60;
const lengthLists = fc.array(fc.integer({ min: 1, max: maxLength }), { minLength: 1, maxLength: 50 });

describe("chooseBuckets", () => {
  it("finds the least total that trying every choice finds, with the fewest buckets", () => {
    fc.assert(
      fc.property(
        lengthLists,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 9 }),
        (lengths, maxBuckets, batchSize) => {
          const buckets = chooseBuckets(lengths, { maxLength, maxBuckets, batchSize });
          const candidates = [
            ...new Set(lengths.map((length) => Math.min(Math.ceil(length / 8) * 8, maxLength))),
          ];
          candidates.sort((a, b) => a - b);
          const choices = allChoices(candidates, maxBuckets).map((choice) => ({
            used: choice.length,
            tokens: totalTokens(lengths, choice, batchSize),
          }));
          const least = Math.min(...choices.map((choice) => choice.tokens));
          expect(totalTokens(lengths, buckets, batchSize)).toBe(least);
          const fewest = choices.filter((choice) => choice.tokens === least).map((choice) => choice.used);
          expect(buckets).toHaveLength(Math.min(...fewest));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("gives at most four lengths, rising, multiples of 8 or the greatest length, that take every example", () => {
    fc.assert(
      fc.property(lengthLists, (lengths) => {
        const buckets = chooseBuckets(lengths, { maxLength });
        expect(buckets.length).toBeLessThanOrEqual(4);
        expect(buckets).toEqual([...new Set(buckets)].sort((a, b) => a - b));
        expect(buckets.every((bucket) => bucket % 8 === 0 || bucket === maxLength)).toBe(true);
        expect(buckets.at(-1)).toBeGreaterThanOrEqual(Math.max(...lengths));
      }),
    );
  });

  it("opens no bucket for one example where its padding rows would cost more than it saves", () => {
    const lengths = [8, ...new Array<number>(31).fill(16)];
    expect(chooseBuckets(lengths, { maxLength: 128, batchSize: 32 })).toEqual([16]);
    expect(chooseBuckets(lengths, { maxLength: 128, batchSize: 1 })).toEqual([8, 16]);
  });

  it("refuses no examples, lengths out of range and options below 1", () => {
    expect(() => chooseBuckets([], { maxLength: 8 })).toThrow(/no lengths/);
    expect(() => chooseBuckets([9], { maxLength: 8 })).toThrow(/Example 0 has 9 tokens/);
    expect(() => chooseBuckets([0], { maxLength: 8 })).toThrow(/Example 0 has 0 tokens/);
    expect(() => chooseBuckets([1], { maxLength: 8, maxBuckets: 0 })).toThrow(/maxBuckets is 0/);
  });
});
