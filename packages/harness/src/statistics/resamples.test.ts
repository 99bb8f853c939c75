import { createRandom } from "@peftbench/runtime";
import { metrics } from "@peftbench/tasks";
import { describe, expect, test } from "vitest";
import { reference } from "./reference.ts";
import type { BootstrapResult, ResampleInput } from "./resamples.ts";
import { resampleScores, summarizeResamples } from "./resamples.ts";

const score = (name: keyof typeof metrics) => metrics[name].compute;

interface Pair {
  readonly first: readonly number[];
  readonly second: readonly number[];
}

/** First minus second, mean over pairs. */
function pairedBootstrap({
  pairs,
  ...input
}: Omit<ResampleInput, "predictions"> & { readonly pairs: readonly Pair[] }): BootstrapResult {
  const scores = resampleScores({
    ...input,
    predictions: pairs.flatMap(({ first, second }) => [first, second]),
  });
  const at = (place: number, resample: number): number => scores[place]?.[resample] ?? Number.NaN;
  return summarizeResamples(
    Float64Array.from(
      { length: input.resamples },
      (_, resample) =>
        pairs.reduce((sum, _pair, index) => sum + at(2 * index, resample) - at(2 * index + 1, resample), 0) /
        pairs.length,
    ),
  );
}

describe("the paired bootstrap", () => {
  test.each(reference.bootstrap)("has scipy's percentile interval of $metric", (expected) => {
    const found = pairedBootstrap({
      labels: expected.labels,
      pairs: [expected],
      metric: score(expected.metric),
      resamples: 4_000,
      random: createRandom(1, "bootstrap"),
    });
    const [low, high] = expected.interval;
    // Ends of 4000 and of 5000 resamples deviate from each other by about 1.5 % of the interval's width.
    const tolerance = 0.06 * (high - low);
    expect(Math.abs((found.interval?.low ?? 9) - low)).toBeLessThan(tolerance);
    expect(Math.abs((found.interval?.high ?? 9) - high)).toBeLessThan(tolerance);
  });

  const labels = [0, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0];
  const wrong = labels.map((label) => 1 - label);
  const common = { labels, metric: score("accuracy"), resamples: 500 };

  test("is the same for the same seed, and takes signs with the order of methods", () => {
    const pair = { first: labels.with(0, 1), second: labels.with(1, 0).with(2, 1) };
    const run = (pairs: readonly { first: number[]; second: number[] }[]) =>
      pairedBootstrap({ ...common, pairs, random: createRandom(5, "bootstrap") });
    expect(run([pair])).toEqual(run([pair]));
    const backward = run([{ first: pair.second, second: pair.first }]);
    expect(backward.interval?.low).toBeCloseTo(-(run([pair]).interval?.high ?? 9), 12);
    expect(backward.pValue).toBe(run([pair]).pValue);
  });

  test("averages over seeds on the same resamples: opposite seeds cancel", () => {
    const pairs = [
      { first: labels, second: wrong },
      { first: wrong, second: labels },
    ];
    expect(pairedBootstrap({ ...common, pairs, random: createRandom(0, "bootstrap") })).toMatchObject({
      interval: { low: 0, high: 0 },
      pValue: 1,
    });
  });

  test("a difference that every resample shows has the least p-value there is", () => {
    const pairs = [{ first: labels, second: wrong }];
    const found = pairedBootstrap({ ...common, pairs, random: createRandom(0, "bootstrap") });
    expect(found.interval).toMatchObject({ low: 1, high: 1 });
    expect(found.pValue).toBeCloseTo(2 / 501, 14);
  });

  test("has no interval where the metric has no value", () => {
    const constant = labels.map(() => 1);
    const pairs = [{ first: constant, second: labels }];
    const random = createRandom(0, "bootstrap");
    expect(pairedBootstrap({ ...common, pairs, metric: score("pearson"), random })).toEqual({
      interval: null,
      pValue: null,
      resamples: 0,
    });
    // One example that differs: more than a third of the resamples lack it.
    const rare = [{ first: constant.with(0, 0), second: labels }];
    const found = pairedBootstrap({ ...common, pairs: rare, metric: score("pearson"), random });
    expect(found).toMatchObject({ interval: null, pValue: null });
    expect(found.resamples).toBeGreaterThan(0);
  });

  test("p-values under no difference are spread evenly", () => {
    const random = createRandom(9, "null");
    const truth = Array.from({ length: 100 }, () => random.integer(2));
    const noisy = (): number[] => truth.map((label) => (random.uniform() < 0.25 ? 1 - label : label));
    const pValues = Array.from({ length: 150 }, () => {
      const pairs = [{ first: noisy(), second: noisy() }];
      return pairedBootstrap({ labels: truth, pairs, metric: score("matthews"), resamples: 200, random })
        .pValue;
    });
    const below = (level: number): number => pValues.filter((p) => p !== null && p < level).length / 150;
    // Three deviations of 150 draws; ties at zero make the test a little careful.
    expect(below(0.05)).toBeLessThan(0.11);
    expect(below(0.5)).toBeGreaterThan(0.33);
    expect(below(0.5)).toBeLessThan(0.63);
  });

  test("refuses what cannot be resampled", () => {
    const random = createRandom(0, "bootstrap");
    const pairs = [{ first: labels, second: labels }];
    expect(() => pairedBootstrap({ ...common, labels: [], pairs: [], random })).toThrow("no examples");
    expect(() => pairedBootstrap({ ...common, pairs, resamples: 0, random })).toThrow("0 resamples");
    expect(() => pairedBootstrap({ ...common, pairs: [{ first: labels, second: [1] }], random })).toThrow(
      "Found 1 predictions; expected 12",
    );
  });
});
