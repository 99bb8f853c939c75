import type { Random } from "@peftbench/runtime";
import { checkLength, checkShare } from "./check.ts";

/** A score of predictions against labels, both of shape [examples]; null where it is not defined. */
export type BootstrapMetric = (
  predictions: Float64Array,
  labels: Float64Array,
) => { readonly value: number | null };

export interface ResampleInput {
  /** True labels or scores, shape [examples]. */
  readonly labels: ArrayLike<number>;
  /** What is to be scored, each of shape [examples]. */
  readonly predictions: readonly ArrayLike<number>[];
  readonly metric: BootstrapMetric;
  readonly resamples: number;
  readonly random: Random;
}

export interface BootstrapResult {
  /** Percentiles of the resampled difference; null where less than nine tenths of the resamples have one. */
  readonly interval: { readonly low: number; readonly high: number; readonly confidence: number } | null;
  /** Two-sided; never 0, since the sample itself counts as a resample. Null as the interval. */
  readonly pValue: number | null;
  /** Resamples whose metric is defined: what interval and p-value are of. */
  readonly resamples: number;
}

/** Whether so many of all resamples have a score that they are a sample of all: at least nine tenths. */
export function areEnough(defined: number, all: number): boolean {
  return defined > 0 && defined >= 0.9 * all;
}

/**
 * The bootstrap over examples (Efron and Tibshirani 1993, chapter 13): scores of all predictions on the same resamples,
 * so that what examples have in common cancels in any difference of two. Which examples are drawn depends on their
 * number and the random numbers alone.
 * @returns shape [predictions][resamples]; NaN where the metric is not defined
 * @throws {RangeError} for lists of unequal length, no examples, or a count of resamples that is none
 */
export function resampleScores(input: ResampleInput): readonly Float64Array[] {
  const { labels, predictions, metric, resamples, random } = input;
  const count = labels.length;
  if (count === 0) throw new RangeError("Found no examples; expected at least one to resample.");
  if (!Number.isSafeInteger(resamples) || resamples < 1) {
    throw new RangeError(`Found ${resamples} resamples; expected a whole number above 0, such as 2000.`);
  }
  for (const values of predictions) checkLength("predictions", values.length, count);
  const indices = new Int32Array(count);
  const drawnLabels = new Float64Array(count);
  const drawn = new Float64Array(count);
  const scores = predictions.map(() => new Float64Array(resamples));
  for (let resample = 0; resample < resamples; resample++) {
    for (let place = 0; place < count; place++) indices[place] = random.integer(count);
    take(labels, indices, drawnLabels);
    for (const [set, values] of predictions.entries()) {
      take(values, indices, drawn);
      const row = scores[set];
      if (row !== undefined) row[resample] = metric(drawn, drawnLabels).value ?? Number.NaN;
    }
  }
  return scores;
}

/** Percentile interval and two-sided p-value of a difference from its resamples, where NaN is one that is not defined. */
export function summarizeResamples(differences: Float64Array, confidence = 0.95): BootstrapResult {
  checkShare("confidence", confidence);
  const sorted = differences.filter((value) => !Number.isNaN(value)).sort();
  if (!areEnough(sorted.length, differences.length)) {
    return { interval: null, pValue: null, resamples: sorted.length };
  }
  const tail = (1 - confidence) / 2;
  return {
    interval: { low: percentile(sorted, tail), high: percentile(sorted, 1 - tail), confidence },
    pValue: twoSided(sorted),
    resamples: sorted.length,
  };
}

function take(values: ArrayLike<number>, indices: Int32Array, into: Float64Array): void {
  for (let place = 0; place < indices.length; place++) {
    into[place] = values[indices[place] ?? 0] ?? Number.NaN;
  }
}

/** Twice the share of resamples on the rarer side of zero: below a level where that level's interval leaves zero out. */
function twoSided(sorted: Float64Array): number {
  const atMostZero = sorted.filter((value) => value <= 0).length;
  const atLeastZero = sorted.filter((value) => value >= 0).length;
  return Math.min(1, (2 * (Math.min(atMostZero, atLeastZero) + 1)) / (sorted.length + 1));
}

/** Between order statistics in a straight line, as numpy.percentile has it. */
function percentile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
