import { checkFinite } from "./check.ts";
import { logGamma } from "./logGamma.ts";
import { summarize } from "./summary.ts";

export interface PairedEffect {
  /** Mean difference in units of the differences' deviation (Cohen's d_z). */
  readonly cohensD: number;
  /** The same without the bias of few pairs (Hedges' exact factor); null for two pairs, which have no such factor. */
  readonly hedgesG: number | null;
}

/**
 * Standardized effect of differences between pairs, such as seeds. It grows with a small deviation over seeds, however
 * small the difference: read it beside the difference in points.
 * @returns null for fewer than two pairs, or where all differences are equal
 * @throws {RangeError} for a difference that is not finite
 */
export function pairedEffect(differences: readonly number[]): PairedEffect | null {
  checkFinite(differences);
  const { count, mean, deviation } = summarize(differences);
  if (mean === null || deviation === null || differences.every((value) => value === differences[0])) {
    return null;
  }
  const cohensD = mean / deviation;
  return { cohensD, hedgesG: count > 2 ? cohensD * hedgesFactor(count - 1) : null };
}

/** Hedges, Journal of Educational Statistics 6, 107 (1981). @param degreesOfFreedom at least 2 */
function hedgesFactor(degreesOfFreedom: number): number {
  const logRatio = logGamma(degreesOfFreedom / 2) - logGamma((degreesOfFreedom - 1) / 2);
  return Math.exp(logRatio) / Math.sqrt(degreesOfFreedom / 2);
}

/** Odds that an example which one method alone has right is the first's: b / c; null where c is 0. */
export function pairedOddsRatio(onlyFirst: number, onlySecond: number): number | null {
  return onlySecond === 0 ? null : onlyFirst / onlySecond;
}
