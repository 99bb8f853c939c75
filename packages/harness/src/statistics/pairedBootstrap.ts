import type { Random } from "@peftbench/runtime";
import { checkLength, checkShare } from "./check.ts";
import type { BootstrapMetric, BootstrapResult } from "./resamples.ts";
import { resampleScores, summarizeResamples } from "./resamples.ts";

/** Predictions of both methods under one seed, an example each, in the order of the labels. */
export interface PredictionPair {
  readonly first: ArrayLike<number>;
  readonly second: ArrayLike<number>;
}

export interface BootstrapInput {
  /** True labels or scores, shape [examples]. */
  readonly labels: ArrayLike<number>;
  /** A pair a seed. */
  readonly pairs: readonly PredictionPair[];
  readonly metric: BootstrapMetric;
  readonly resamples: number;
  /** Of the interval, between 0 and 1; 0.95 where absent. */
  readonly confidence?: number;
  readonly random: Random;
}

/**
 * Paired bootstrap over examples (Efron and Tibshirani 1993, chapter 13). All seeds and both methods are scored on the
 * same resample, so what examples have in common cancels; the interval says what other examples would have given with
 * these trained models, not what other seeds would have.
 * @throws {RangeError} for lists of unequal length, no examples, no pairs, or a count of resamples that is none
 */
export function pairedBootstrap(input: BootstrapInput): BootstrapResult {
  const { pairs, metric, resamples, confidence = 0.95, random } = input;
  checkShare("confidence", confidence);
  const count = input.labels.length;
  if (count === 0 || pairs.length === 0) {
    throw new RangeError(
      `Found ${count} examples and ${pairs.length} seeds; expected at least one of each to compare methods on.`,
    );
  }
  if (!Number.isSafeInteger(resamples) || resamples < 1) {
    throw new RangeError(`Found ${resamples} resamples; expected a whole number above 0, such as 2000.`);
  }
  for (const { first, second } of pairs) {
    checkLength("predictions of the first method", first.length, count);
    checkLength("predictions of the second method", second.length, count);
  }
  const scoreOf = (predictions: ArrayLike<number>): number | null =>
    metric(Float64Array.from(predictions), Float64Array.from(input.labels)).value;
  const observed = meanDifference(pairs.map(({ first, second }) => [scoreOf(first), scoreOf(second)]));
  if (observed === null) return { difference: null, interval: null, pValue: null, resamples: 0 };

  const scores = resampleScores({
    labels: input.labels,
    predictions: pairs.flatMap(({ first, second }) => [first, second]),
    metric,
    resamples,
    random,
  });
  const differences = Float64Array.from({ length: resamples }, (_, resample) => {
    const at = (place: number): number => scores[place]?.[resample] ?? Number.NaN;
    return pairs.reduce((sum, _pair, seed) => sum + at(2 * seed) - at(2 * seed + 1), 0) / pairs.length;
  });
  return summarizeResamples(observed, differences, confidence);
}

/** @returns null where a score is missing */
function meanDifference(scores: readonly (readonly [number | null, number | null])[]): number | null {
  let sum = 0;
  for (const [first, second] of scores) {
    if (first === null || second === null) return null;
    sum += first - second;
  }
  return sum / scores.length;
}
