import { checkFinite, checkShare } from "./check.ts";
import { studentUpperTail } from "./studentT.ts";
import { summarize } from "./summary.ts";

export interface EquivalenceResult {
  readonly marginPoints: number;
  readonly meanPoints: number;
  /** Of confidence 1 - 2 level: the methods are equivalent exactly where it lies inside the margin. */
  readonly intervalPoints: { readonly low: number; readonly high: number; readonly confidence: number };
  /** The larger of the two one-sided tests. */
  readonly pValue: number;
  readonly equivalent: boolean;
}

/**
 * Two one-sided t tests (Schuirmann 1987): whether a mean difference over pairs, such as seeds, lies within a margin.
 * The margin is a judgement of what does not matter, to be made before looking.
 * @param differencesPoints a pair each, in points
 * @param marginPoints above 0
 * @param level chance of claiming equivalence wrongly, below one half
 * @returns null for fewer than two pairs, or where all differences are equal: nothing is known of their spread then
 * @throws {RangeError} for a margin, level or difference that is none
 */
export function equivalenceTest(
  differencesPoints: readonly number[],
  marginPoints: number,
  level = 0.05,
): EquivalenceResult | null {
  checkFinite(differencesPoints);
  checkShare("level", 2 * level);
  if (!(marginPoints > 0 && Number.isFinite(marginPoints))) {
    throw new RangeError(`The margin is ${marginPoints}; expected points above 0, such as 1.`);
  }
  const confidence = 1 - 2 * level;
  const { count, mean, deviation, interval } = summarize(differencesPoints, confidence);
  const equal = differencesPoints.every((value) => value === differencesPoints[0]);
  if (mean === null || deviation === null || interval === null || equal) return null;
  const error = deviation / Math.sqrt(count);
  const aboveLower = studentUpperTail((mean + marginPoints) / error, count - 1);
  const belowUpper = studentUpperTail((marginPoints - mean) / error, count - 1);
  const pValue = Math.max(aboveLower, belowUpper);
  return {
    marginPoints,
    meanPoints: mean,
    intervalPoints: interval,
    pValue,
    equivalent: pValue < level,
  };
}
