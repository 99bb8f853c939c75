import { checkFinite } from "./check.ts";
import { studentUpperTail } from "./studentT.ts";
import { summarize } from "./summary.ts";

export interface PairedTTest {
  readonly mean: number;
  readonly interval: { readonly low: number; readonly high: number; readonly confidence: number };
  /** Two-sided. */
  readonly pValue: number;
}

/**
 * Student's t test of differences between pairs, such as seeds: whether their mean may be zero.
 * @returns null for fewer than two pairs, or where all differences are equal: nothing is known of their spread then
 * @throws {RangeError} for a difference that is not finite
 */
export function pairedTTest(differences: readonly number[], confidence = 0.95): PairedTTest | null {
  checkFinite(differences);
  const { count, mean, deviation, interval } = summarize(differences, confidence);
  const equal = differences.every((value) => value === differences[0]);
  if (mean === null || deviation === null || interval === null || equal) return null;
  const t = Math.abs(mean) / (deviation / Math.sqrt(count));
  return { mean, interval, pValue: Math.min(1, 2 * studentUpperTail(t, count - 1)) };
}
