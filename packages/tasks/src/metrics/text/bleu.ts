import { bleuTokens } from "./bleuTokens.ts";
import { countNgrams, countShared } from "./ngrams.ts";

export interface BleuOptions {
  /**
   * Leave orders out that no prediction is long enough for, as is proper for single sentences; otherwise such a corpus
   * scores 0. `sacrebleu`'s default is false.
   */
  readonly effectiveOrder?: boolean;
}

export interface BleuScore {
  /** From 0 to 100. */
  readonly score: number;
  /** Of 1- to 4-grams, smoothed, from 0 to 100. */
  readonly precisions: readonly number[];
  readonly brevityPenalty: number;
  readonly predictedTokens: number;
  /** Of each prediction's references, the one closest in length. */
  readonly referenceTokens: number;
}

const ORDERS = [1, 2, 3, 4] as const;

/**
 * BLEU of a corpus (Papineni et al. 2002), equal to `sacrebleu` 2 with its defaults
 * (`case:mixed|eff:no|tok:13a|smooth:exp`).
 * @param references of each prediction, at least one
 * @throws {RangeError} where lists differ in length or a prediction has no reference
 */
export function corpusBleu(
  predictions: readonly string[],
  references: readonly (readonly string[])[],
  { effectiveOrder = false }: BleuOptions = {},
): BleuScore {
  if (predictions.length === 0 || predictions.length !== references.length) {
    throw new RangeError(
      `BLEU needs references for each of at least one prediction; got ${predictions.length} predictions and references for ${references.length}.`,
    );
  }
  const matches = ORDERS.map(() => 0);
  const totals = ORDERS.map(() => 0);
  let predictedTokens = 0;
  let referenceTokens = 0;
  predictions.forEach((prediction, index) => {
    const predicted = bleuTokens(prediction);
    const allowed = (references[index] ?? []).map(bleuTokens);
    if (allowed.length === 0) throw new RangeError(`Prediction ${index} has no reference.`);
    predictedTokens += predicted.length;
    referenceTokens += closestLength(
      predicted.length,
      allowed.map(({ length }) => length),
    );
    ORDERS.forEach((order, place) => {
      matches[place] =
        (matches[place] ?? 0) + countShared(countNgrams(predicted, order), mostOf(allowed, order));
      totals[place] = (totals[place] ?? 0) + Math.max(0, predicted.length - order + 1);
    });
  });
  const brevityPenalty = penaltyOf(predictedTokens, referenceTokens);
  const precisions = smoothedPrecisions(matches, totals);
  const used = effectiveOrder ? totals.filter((total) => total > 0).length : ORDERS.length;
  const logs = precisions.slice(0, used).reduce((sum, precision) => sum + Math.log(precision), 0);
  const score = matches.some((count) => count > 0) ? brevityPenalty * Math.exp(logs / used) : 0;
  return { score, precisions, brevityPenalty, predictedTokens, referenceTokens };
}

/** Each n-gram as often as in the reference that has it most often. */
function mostOf(references: readonly (readonly string[])[], order: number): ReadonlyMap<string, number> {
  const most = new Map<string, number>();
  for (const reference of references) {
    for (const [ngram, count] of countNgrams(reference, order)) {
      most.set(ngram, Math.max(count, most.get(ngram) ?? 0));
    }
  }
  return most;
}

/** Of lengths that are equally close, the shorter one. */
function closestLength(predicted: number, lengths: readonly number[]): number {
  const [closest = 0] = [...lengths].sort(
    (a, b) => Math.abs(a - predicted) - Math.abs(b - predicted) || a - b,
  );
  return closest;
}

function penaltyOf(predictedTokens: number, referenceTokens: number): number {
  if (predictedTokens >= referenceTokens) return 1;
  return predictedTokens === 0 ? 0 : Math.exp(1 - referenceTokens / predictedTokens);
}

/** Orders without a match count as half, a quarter, ... of one (Chen and Cherry 2014, method 3). */
function smoothedPrecisions(matches: readonly number[], totals: readonly number[]): readonly number[] {
  if (matches.every((count) => count === 0)) return matches.map(() => 0);
  let smoothing = 1;
  return matches.map((count, place) => {
    const total = totals[place] ?? 0;
    if (total === 0) return 0;
    if (count === 0) smoothing /= 2;
    return (100 * (count === 0 ? smoothing : count)) / total;
  });
}
