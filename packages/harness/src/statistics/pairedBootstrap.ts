import type { Random } from "@peftbench/runtime";
import { checkLength, checkShare } from "./check.ts";

/** A score of predictions against labels, both of shape [examples]; null where it is not defined. */
export type BootstrapMetric = (
  predictions: Float64Array,
  labels: Float64Array,
) => { readonly value: number | null };

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

export interface BootstrapResult {
  /** Mean over seeds of first minus second, in the metric's unit; null where a metric is not defined. */
  readonly difference: number | null;
  /** Percentiles of the resampled difference; null where less than nine tenths of the resamples have one. */
  readonly interval: { readonly low: number; readonly high: number; readonly confidence: number } | null;
  /** Two-sided; never 0, since the sample itself counts as a resample. Null as the interval. */
  readonly pValue: number | null;
  /** Resamples whose metric is defined: what interval and p-value are of. */
  readonly resamples: number;
}

/** Below this share of defined resamples, those that are left are no sample of all. */
const LEAST_DEFINED_SHARE = 0.9;

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
  const indices = Int32Array.from({ length: count }, (_, index) => index);
  const observed = differenceOn(indices, input.labels, pairs, metric);
  if (observed === null) return { difference: null, interval: null, pValue: null, resamples: 0 };

  const differences: number[] = [];
  for (let resample = 0; resample < resamples; resample++) {
    for (let place = 0; place < count; place++) indices[place] = random.integer(count);
    const difference = differenceOn(indices, input.labels, pairs, metric);
    if (difference !== null) differences.push(difference);
  }
  if (differences.length < LEAST_DEFINED_SHARE * resamples) {
    return { difference: observed, interval: null, pValue: null, resamples: differences.length };
  }
  differences.sort((a, b) => a - b);
  const tail = (1 - confidence) / 2;
  return {
    difference: observed,
    interval: { low: percentile(differences, tail), high: percentile(differences, 1 - tail), confidence },
    pValue: twoSided(differences),
    resamples: differences.length,
  };
}

function differenceOn(
  indices: Int32Array,
  labels: ArrayLike<number>,
  pairs: readonly PredictionPair[],
  metric: BootstrapMetric,
): number | null {
  const drawn = take(labels, indices);
  let sum = 0;
  for (const { first, second } of pairs) {
    const firstScore = metric(take(first, indices), drawn).value;
    const secondScore = metric(take(second, indices), drawn).value;
    if (firstScore === null || secondScore === null) return null;
    sum += firstScore - secondScore;
  }
  return sum / pairs.length;
}

function take(values: ArrayLike<number>, indices: Int32Array): Float64Array {
  const taken = new Float64Array(indices.length);
  for (let place = 0; place < indices.length; place++)
    taken[place] = values[indices[place] ?? 0] ?? Number.NaN;
  return taken;
}

/** Twice the share of resamples on the rarer side of zero: below a level where that level's interval leaves zero out. */
function twoSided(sorted: readonly number[]): number {
  const atMostZero = sorted.filter((value) => value <= 0).length;
  const atLeastZero = sorted.filter((value) => value >= 0).length;
  return Math.min(1, (2 * (Math.min(atMostZero, atLeastZero) + 1)) / (sorted.length + 1));
}

/** Between order statistics in a straight line, as numpy.percentile has it. */
function percentile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
