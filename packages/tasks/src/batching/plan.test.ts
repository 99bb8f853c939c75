import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseBuckets } from "./buckets.ts";
import type { BatchPlan } from "./plan.ts";
import { batchesPerEpoch, countTokens, planEpoch, planEvaluation } from "./plan.ts";

const scenario = fc
  .record({
    lengths: fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 120 }),
    batchSize: fc.integer({ min: 1, max: 17 }),
    seed: fc.integer({ min: 0, max: 2 ** 40 }),
    epoch: fc.integer({ min: 0, max: 5 }),
  })
  .map((given) => ({
    ...given,
    buckets: chooseBuckets(given.lengths, { maxLength: 64, batchSize: given.batchSize }),
  }));

const indices = (plans: readonly BatchPlan[]): number[] => plans.flatMap((plan) => [...plan.exampleIndices]);

function expectSoundPlan(
  plans: readonly BatchPlan[],
  given: { lengths: number[]; batchSize: number; buckets: readonly number[] },
) {
  expect(indices(plans).sort((a, b) => a - b)).toEqual(given.lengths.map((_, index) => index));
  const partial = new Map<number, number>();
  for (const { bucketLength, exampleIndices } of plans) {
    const place = given.buckets.indexOf(bucketLength);
    expect(place).toBeGreaterThanOrEqual(0);
    for (const index of exampleIndices) {
      expect(given.lengths[index]).toBeLessThanOrEqual(bucketLength);
      expect(given.lengths[index]).toBeGreaterThan(given.buckets[place - 1] ?? 0);
    }
    expect(exampleIndices.length).toBeGreaterThan(0);
    expect(exampleIndices.length).toBeLessThanOrEqual(given.batchSize);
    if (exampleIndices.length < given.batchSize)
      partial.set(bucketLength, (partial.get(bucketLength) ?? 0) + 1);
  }
  for (const times of partial.values()) expect(times).toBe(1);
  expect(plans).toHaveLength(batchesPerEpoch(given.lengths, given));
}

describe("planEpoch", () => {
  it("has every example exactly once, in its own bucket, and at most one partial batch a bucket", () => {
    fc.assert(fc.property(scenario, (given) => expectSoundPlan(planEpoch(given.lengths, given), given)));
  });

  it("makes the same plan again from the same seed and epoch, whatever was planned between", () => {
    fc.assert(
      fc.property(scenario, (given) => {
        const first = planEpoch(given.lengths, given);
        planEpoch(given.lengths, { ...given, epoch: given.epoch + 1 });
        expect(planEpoch(given.lengths, given)).toEqual(first);
      }),
    );
  });

  it("starts the first epoch with the longest bucket", () => {
    fc.assert(
      fc.property(scenario, (given) => {
        const [first] = planEpoch(given.lengths, { ...given, epoch: 0 });
        expect(first?.bucketLength).toBe(given.buckets.at(-1));
      }),
    );
  });

  it("mixes buckets, and orders each epoch and seed differently", () => {
    const lengths = Array.from({ length: 400 }, (_, index) => (index % 40) + 1);
    const given = { batchSize: 8, buckets: [16, 24, 40], seed: 1 };
    const orders = [0, 1, 2].flatMap((epoch) =>
      [1, 2].map((seed) => indices(planEpoch(lengths, { ...given, seed, epoch })).join()),
    );
    expect(new Set(orders).size).toBe(6);
    const starts = Array.from(
      { length: 60 },
      (_, epoch) => planEpoch(lengths, { ...given, epoch: epoch + 1 })[0]?.bucketLength,
    );
    expect(new Set(starts)).toEqual(new Set([16, 24, 40]));
  });

  it("gives every example the same chance at every place within its bucket's batches", () => {
    const first = new Array<number>(10).fill(0);
    for (let seed = 0; seed < 5000; seed++) {
      const plan = planEpoch(new Array<number>(10).fill(4), { batchSize: 10, buckets: [8], seed, epoch: 1 });
      const index = plan[0]?.exampleIndices[0] ?? 0;
      first[index] = (first[index] ?? 0) + 1;
    }
    for (const times of first) expect(Math.abs(times - 500)).toBeLessThan(110);
  });

  it("refuses lengths above the longest bucket, and wrong options", () => {
    const given = { batchSize: 2, buckets: [8, 16], seed: 0, epoch: 0 };
    expect(() => planEpoch([17], given)).toThrow(/17 tokens; expected at most 16/);
    expect(() => planEpoch([1], { ...given, batchSize: 0 })).toThrow(/batchSize is 0/);
    expect(() => planEpoch([1], { ...given, buckets: [16, 8] })).toThrow(/rising order/);
    expect(() => planEpoch([1], { ...given, seed: -1 })).toThrow(/seed/);
  });
});

describe("planEvaluation", () => {
  it("has every example exactly once, from the longest to the shortest, equal ones in their order", () => {
    fc.assert(
      fc.property(scenario, (given) => {
        const plans = planEvaluation(given.lengths, given);
        expectSoundPlan(plans, given);
        const order = indices(plans);
        const expected = given.lengths.map((_, index) => index);
        expected.sort((a, b) => (given.lengths[b] ?? 0) - (given.lengths[a] ?? 0) || a - b);
        expect(order).toEqual(expected);
      }),
    );
  });
});

describe("countTokens", () => {
  it("accounts for every token and every place of padding", () => {
    fc.assert(
      fc.property(scenario, (given) => {
        const plans = planEpoch(given.lengths, given);
        const { tokens, paddedTokens } = countTokens(plans, given.lengths, given.batchSize);
        expect(tokens).toBe(given.lengths.reduce((sum, length) => sum + length, 0));
        const perBucket = given.buckets.map((bucket, place) => {
          const count = given.lengths.filter(
            (n) => n <= bucket && n > (given.buckets[place - 1] ?? 0),
          ).length;
          return Math.ceil(count / given.batchSize) * given.batchSize * bucket;
        });
        expect(paddedTokens).toBe(perBucket.reduce((sum, part) => sum + part, 0));
      }),
    );
  });
});
