import { checkLength, checkShare } from "./check.ts";
import { logGamma } from "./logGamma.ts";
import { normalQuantile } from "./studentT.ts";

/** Two methods on the same examples, each right or wrong on each. */
export interface McNemarResult {
  readonly count: number;
  /** b: examples that only the first has right. */
  readonly onlyFirst: number;
  /** c: examples that only the second has right. */
  readonly onlySecond: number;
  /** Exact and two-sided; 1 where the methods never differ. */
  readonly pValue: number;
  /** Accuracy of the first minus that of the second, in points (hundredths). */
  readonly differencePoints: number;
  readonly intervalPoints: { readonly low: number; readonly high: number; readonly confidence: number };
}

/**
 * McNemar's test in its exact form (binomial on the examples on which only one is right), with Newcombe's interval of
 * the paired difference (method 10 of Statistics in Medicine 17, 2635 (1998)). Of one pair of runs: the examples of
 * several seeds are not independent, so they must not be joined in one table.
 * @param firstRight whether the first is right, an example each
 * @param secondRight the same of the second, in the same order
 * @param confidence of the interval, between 0 and 1
 * @throws {RangeError} where the lists differ in length, are empty, or for another confidence
 */
export function mcnemar(
  firstRight: readonly boolean[],
  secondRight: readonly boolean[],
  confidence = 0.95,
): McNemarResult {
  checkShare("confidence", confidence);
  checkLength("values of the second method", secondRight.length, firstRight.length);
  const count = firstRight.length;
  if (count === 0)
    throw new RangeError("Found no examples; expected at least one to compare two methods on.");
  let both = 0;
  let onlyFirst = 0;
  let onlySecond = 0;
  for (let index = 0; index < count; index++) {
    if (firstRight[index] && secondRight[index]) both++;
    else if (firstRight[index]) onlyFirst++;
    else if (secondRight[index]) onlySecond++;
  }
  const neither = count - both - onlyFirst - onlySecond;
  const interval = pairedInterval({ both, onlyFirst, onlySecond, neither }, confidence);
  return {
    count,
    onlyFirst,
    onlySecond,
    pValue: twoSidedBinomial(onlyFirst, onlySecond),
    differencePoints: (100 * (onlyFirst - onlySecond)) / count,
    intervalPoints: { low: 100 * interval.low, high: 100 * interval.high, confidence },
  };
}

/** Twice the smaller tail of a fair coin thrown `heads + tails` times, at most 1. */
function twoSidedBinomial(heads: number, tails: number): number {
  const throws = heads + tails;
  const fewer = Math.min(heads, tails);
  if (2 * fewer >= throws - 1) return 1;
  const logLargest =
    logGamma(throws + 1) - logGamma(fewer + 1) - logGamma(throws - fewer + 1) - throws * Math.LN2;
  // From the largest term down, as a share of it: no term overflows and the small ones vanish unharmed.
  let share = 1;
  let sum = 1;
  for (let k = fewer; k > 0 && share > Number.EPSILON * Number.EPSILON; k--) {
    share *= k / (throws - k + 1);
    sum += share;
  }
  return Math.min(1, 2 * Math.exp(logLargest) * sum);
}

interface PairedTable {
  readonly both: number;
  readonly onlyFirst: number;
  readonly onlySecond: number;
  readonly neither: number;
}

function pairedInterval(table: PairedTable, confidence: number): { low: number; high: number } {
  const { both, onlyFirst, onlySecond, neither } = table;
  const count = both + onlyFirst + onlySecond + neither;
  const z = normalQuantile((1 + confidence) / 2);
  const first = wilson(both + onlyFirst, count, z);
  const second = wilson(both + onlySecond, count, z);
  const correlation = correctedPhi(table);
  const spread = (a: number, b: number): number =>
    Math.sqrt(Math.max(0, a * a - 2 * correlation * a * b + b * b));
  const difference = (onlyFirst - onlySecond) / count;
  return {
    low: Math.max(-1, difference - spread(first.share - first.low, second.high - second.share)),
    high: Math.min(1, difference + spread(first.high - first.share, second.share - second.low)),
  };
}

/** Correlation of the two methods' rightness, drawn towards 0 where it is positive, as Newcombe has it. */
function correctedPhi({ both, onlyFirst, onlySecond, neither }: PairedTable): number {
  const margins = (both + onlyFirst) * (onlySecond + neither) * (both + onlySecond) * (onlyFirst + neither);
  if (margins === 0) return 0;
  const product = both * neither - onlyFirst * onlySecond;
  const half = (both + onlyFirst + onlySecond + neither) / 2;
  return (product > 0 ? Math.max(product - half, 0) : product) / Math.sqrt(margins);
}

/** Wilson's interval of a share. */
function wilson(hits: number, count: number, z: number): { share: number; low: number; high: number } {
  const share = hits / count;
  const centre = share + (z * z) / (2 * count);
  const half = z * Math.sqrt((share * (1 - share)) / count + (z * z) / (4 * count * count));
  const scale = 1 + (z * z) / count;
  return { share, low: (centre - half) / scale, high: (centre + half) / scale };
}
