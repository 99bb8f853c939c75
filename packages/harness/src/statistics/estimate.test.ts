import { createRandom } from "@peftbench/runtime";
import { describe, expect, test } from "vitest";
import { estimateOverSeeds, estimateOverSeedsAndExamples, testDifference, withVariance } from "./estimate.ts";

/** Student's sleep data, extra hours of the first drug minus the second, a person each. */
const sleep = [-1.2, -2.4, -1.3, -1.3, 0, -1, -1.8, -0.8, -4.6, -1.4];

/** Rows of resampled differences without any spread: the examples decide nothing. */
const still = (differences: readonly number[]): Float64Array[] =>
  differences.map((value) => new Float64Array(50).fill(value));

describe("a difference over seeds", () => {
  test("is R's paired t test", () => {
    // R: t.test(extra ~ group, data = sleep, paired = TRUE).
    const estimate = estimateOverSeeds(sleep);
    expect(estimate).toMatchObject({ mean: -1.58, degreesOfFreedom: 9 });
    const { pValue, interval } = testDifference(estimate ?? fail());
    expect(pValue).toBeCloseTo(0.00283289, 8);
    expect(interval.low).toBeCloseTo(-2.4598858, 6);
    expect(interval.high).toBeCloseTo(-0.7001142, 6);
  });

  test("is none where nothing is known of its spread", () => {
    expect(estimateOverSeeds([1])).toBeNull();
    expect(estimateOverSeeds([0.5, 0.5])).toBeNull();
    expect(() => estimateOverSeeds([1, Number.NaN])).toThrow(RangeError);
  });
});

describe("a difference over seeds and examples", () => {
  test("is the one over seeds alone where the examples add nothing", () => {
    expect(estimateOverSeedsAndExamples(sleep, still(sleep))).toEqual(estimateOverSeeds(sleep));
  });

  test("is a normal test on the examples where there is one seed, or seeds that do not vary", () => {
    const resampled = Float64Array.from({ length: 400 }, (_, index) => (index % 2 === 0 ? 1 : 3));
    const one = estimateOverSeedsAndExamples([1.96], [resampled]) ?? fail();
    // The sample variance of as many ones as threes.
    expect(one.standardError).toBeCloseTo(Math.sqrt(400 / 399), 12);
    expect(one.degreesOfFreedom).toBe(Number.POSITIVE_INFINITY);
    // The normal table: 2 (1 - Phi(1.96)) = 0.0499958; a little more for the sample variance.
    expect(testDifference({ ...one, standardError: 1 }).pValue).toBeCloseTo(0.0499958, 7);
    const three = estimateOverSeedsAndExamples([2, 2, 2], [resampled, resampled, resampled]) ?? fail();
    expect(three.standardError).toBeCloseTo(one.standardError, 12);
  });

  test("adds what seeds share on the examples to their own spread, by hand", () => {
    // Seeds 1 and 3: variance 2 / 2. Resamples (0, 2) and (0, 4): covariance 4, by hand.
    const found = estimateOverSeedsAndExamples([1, 3], [Float64Array.of(0, 2), Float64Array.of(0, 4)]);
    expect(found?.mean).toBe(2);
    expect(found?.standardError).toBeCloseTo(Math.sqrt(1 + 4), 12);
    expect(found?.degreesOfFreedom).toBeCloseTo(1 * (5 / 1) ** 2, 10);
    // Resamples that run against each other are no reason for confidence: they share nothing, and the mean of their
    // variances, (2 + 8) / 2, is more than the seeds' own.
    const opposed = estimateOverSeedsAndExamples([1, 3], [Float64Array.of(0, 2), Float64Array.of(4, 0)]);
    expect(opposed?.standardError).toBeCloseTo(Math.sqrt(5 / 2), 12);
  });

  test("is none where nothing varies or too few resamples are defined", () => {
    expect(estimateOverSeedsAndExamples([2, 2], still([2, 2]))).toBeNull();
    const holes = Float64Array.from({ length: 10 }, (_, index) => (index < 2 ? Number.NaN : index));
    expect(estimateOverSeedsAndExamples([1, 2], [holes, holes])).toBeNull();
    expect(() => estimateOverSeedsAndExamples([1, 2], [holes])).toThrow(RangeError);
  });

  // Differences are made of a part of the seed, one of the example and one of both; their true mean is zero.
  test.each([
    { seeds: 3, ofSeed: 1, ofExample: 0.1 },
    { seeds: 3, ofSeed: 0.1, ofExample: 1 },
    { seeds: 3, ofSeed: 0.5, ofExample: 0.5 },
    { seeds: 5, ofSeed: 0.3, ofExample: 0.6 },
  ])("is wrong in about one of twenty under no difference: %j", ({ seeds, ofSeed, ofExample }) => {
    const random = createRandom(4, "crossed");
    const [examples, resamples, trials] = [30, 60, 400];
    let claims = 0;
    for (let trial = 0; trial < trials; trial++) {
      const shared = Array.from(
        { length: examples },
        () => ofExample * Math.sqrt(examples) * random.normal(),
      );
      const values = Array.from({ length: seeds }, () => {
        const own = ofSeed * random.normal();
        return shared.map((value) => value + own + 0.5 * random.normal());
      });
      const draws = Array.from({ length: resamples }, () => shared.map(() => random.integer(examples)));
      const resampled = values.map((row) =>
        Float64Array.from(draws, (draw) => mean(draw.map((index) => row[index] ?? 0))),
      );
      const estimate = estimateOverSeedsAndExamples(values.map(mean), resampled);
      if (estimate !== null && testDifference(estimate).pValue < 0.05) claims++;
    }
    // 20 expected of 400, deviation 4.4; the method is known to be a little off with few seeds.
    expect(claims).toBeLessThan(40);
    expect(claims).toBeGreaterThan(3);
  });
});

// Two methods that are right on other examples with every seed: three seeds come close together by luck now and then.
test("is rarely certain by luck where only chance on examples sets seeds apart", () => {
  const random = createRandom(5, "lucky");
  const [examples, resamples, trials] = [40, 60, 3000];
  let claims = 0;
  for (let trial = 0; trial < trials; trial++) {
    const shared = Array.from({ length: examples }, () => 0.5 * random.normal());
    const values = Array.from({ length: 3 }, () => shared.map((value) => value + random.normal()));
    const draws = Array.from({ length: resamples }, () => shared.map(() => random.integer(examples)));
    const resampled = values.map((row) =>
      Float64Array.from(draws, (draw) => mean(draw.map((index) => row[index] ?? 0))),
    );
    const estimate = estimateOverSeedsAndExamples(values.map(mean), resampled);
    if (estimate !== null && testDifference(estimate).pValue < 0.001) claims++;
  }
  // 3 expected of 3,000 at 0.001, the level that a correction for many comparisons asks for.
  expect(claims).toBeLessThan(12);
});

test("a part of known variance widens the error and makes it more of a normal one", () => {
  const estimate = { mean: 1, standardError: 3, degreesOfFreedom: 2 };
  const wider = withVariance(estimate, 16);
  expect(wider).toMatchObject({ mean: 1, standardError: 5 });
  expect(wider.degreesOfFreedom).toBeCloseTo(2 * (25 / 9) ** 2, 12);
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function fail(): never {
  throw new Error("There is no estimate.");
}
