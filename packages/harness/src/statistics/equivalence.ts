import { checkShare } from "./check.ts";
import type { Estimate } from "./estimate.ts";
import { testDifference } from "./estimate.ts";
import { LEVEL } from "./level.ts";
import { studentUpperTail } from "./studentT.ts";

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
 * Two one-sided t tests (Schuirmann 1987): whether a mean difference lies within a margin. The margin is a judgement of
 * what does not matter, to be made before looking.
 * @param estimatePoints of the difference, in points
 * @param marginPoints above 0
 * @param level chance of claiming equivalence wrongly, below one half
 * @throws {RangeError} for a margin or a level that is none
 */
export function equivalenceTest(
  estimatePoints: Estimate,
  marginPoints: number,
  level: number = LEVEL,
): EquivalenceResult {
  checkShare("level", 2 * level);
  if (!(marginPoints > 0 && Number.isFinite(marginPoints))) {
    throw new RangeError(`The margin is ${marginPoints}; expected points above 0, such as 1.`);
  }
  const { mean, standardError, degreesOfFreedom } = estimatePoints;
  const aboveLower = studentUpperTail((mean + marginPoints) / standardError, degreesOfFreedom);
  const belowUpper = studentUpperTail((marginPoints - mean) / standardError, degreesOfFreedom);
  const pValue = Math.max(aboveLower, belowUpper);
  return {
    marginPoints,
    meanPoints: mean,
    intervalPoints: testDifference(estimatePoints, 1 - 2 * level).interval,
    pValue,
    equivalent: pValue < level,
  };
}
