import type { TokenRows } from "../rows.ts";
import type { NgramCounts } from "./ngramCounts.ts";
import { countNgrams, countOf } from "./ngramCounts.ts";

/** A language model that predicts a token from the two before it. */
export interface TrigramModel {
  /** P(token), by how often it occurs. */
  unigram(token: number): number;
  /** P(token | before). */
  bigram(before: number, token: number): number;
  /** P(token | first, second). */
  trigram(first: number, second: number, token: number): number;
}

/** What an order of the model knows of its contexts, by context. */
interface ContextStatistics {
  readonly discount: number;
  /** Sum of the counts that follow a context. */
  readonly total: (context: number) => number;
  /** Number of different tokens that follow a context. */
  readonly followers: (context: number) => number;
  readonly counts: NgramCounts;
}

/**
 * Interpolated Kneser-Ney (Kneser and Ney 1995; Chen and Goodman 1999, section 2.7): each order discounts its counts by
 * a constant, n1 / (n1 + 2 n2), and gives what it took to the next lower order; lower orders count different contexts,
 * not occurrences. The lowest is interpolated with the uniform distribution, so that no token has probability 0.
 */
export function trainTrigrams(rows: TokenRows, vocabularySize: number): TrigramModel {
  const trigrams = countNgrams(rows, 3, vocabularySize);
  const bigrams = countNgrams(rows, 2, vocabularySize);
  const unigrams = countNgrams(rows, 1, vocabularySize);
  const tokenTotal = unigrams.counts.reduce((sum, count) => sum + count, 0);
  const high = statistics(trigrams, vocabularySize, vocabularySize ** 2);
  const middle = statistics(continuations(trigrams, vocabularySize ** 2), vocabularySize, vocabularySize);
  const low = continuations(bigrams, vocabularySize);
  const lowTotal = low.counts.reduce((sum, count) => sum + count, 0);
  const lowDiscount = discountOf(low);

  const lowest = (token: number): number => {
    const left = Math.max(countOf(low, token) - lowDiscount, 0);
    return (left + (lowDiscount * low.keys.length) / vocabularySize) / lowTotal;
  };
  const bigram = (before: number, token: number): number =>
    interpolate(middle, before, before * vocabularySize + token, lowest(token));
  return {
    unigram: (token) => (countOf(unigrams, token) + 1) / (tokenTotal + vocabularySize),
    bigram,
    trigram: (first, second, token) => {
      const context = first * vocabularySize + second;
      return interpolate(high, context, context * vocabularySize + token, bigram(second, token));
    },
  };
}

function interpolate(
  { counts, discount, total, followers }: ContextStatistics,
  context: number,
  ngram: number,
  lower: number,
): number {
  const sum = total(context);
  if (sum === 0) return lower;
  return (Math.max(countOf(counts, ngram) - discount, 0) + discount * followers(context) * lower) / sum;
}

/** @param contexts number of possible contexts, where a dense table is small enough */
function statistics(counts: NgramCounts, vocabularySize: number, contexts: number): ContextStatistics {
  const totals = new Map<number, number>();
  const followers = new Map<number, number>();
  const dense = contexts <= 2 ** 20;
  counts.keys.forEach((key, index) => {
    const context = Math.floor(key / vocabularySize);
    totals.set(context, (totals.get(context) ?? 0) + (counts.counts[index] as number));
    followers.set(context, (followers.get(context) ?? 0) + 1);
  });
  const table = (map: ReadonlyMap<number, number>): ((context: number) => number) => {
    if (!dense) return (context) => map.get(context) ?? 0;
    const array = new Float64Array(contexts);
    for (const [context, value] of map) array[context] = value;
    return (context) => array[context] as number;
  };
  return { counts, discount: discountOf(counts), total: table(totals), followers: table(followers) };
}

/** Of each n-gram less its first token: how many different first tokens it has. */
function continuations({ keys }: NgramCounts, firstTokenPlace: number): NgramCounts {
  const counts = new Map<number, number>();
  for (const key of keys) {
    const rest = key % firstTokenPlace;
    counts.set(rest, (counts.get(rest) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([a], [b]) => a - b);
  return {
    keys: Float64Array.from(sorted, ([key]) => key),
    counts: Int32Array.from(sorted, ([, count]) => count),
  };
}

function discountOf({ counts }: NgramCounts): number {
  let [once, twice] = [0, 0];
  for (const count of counts) {
    if (count === 1) once += 1;
    if (count === 2) twice += 1;
  }
  return once === 0 ? 0.5 : once / (once + 2 * twice);
}
