import { checkFinite, checkShare } from "./check.ts";
import { studentQuantile } from "./studentT.ts";

/** A mean over seeds with what is known of its uncertainty; null where too few values say anything. */
export interface Summary {
  readonly count: number;
  readonly mean: number | null;
  /** Sample standard deviation (n - 1); null for fewer than two values. */
  readonly deviation: number | null;
  /** Two-sided interval of the mean under Student's t; null for fewer than two values. */
  readonly interval: { readonly low: number; readonly high: number; readonly confidence: number } | null;
}

/**
 * Mean, sample deviation and t interval. The interval takes the values for a normal sample; it says nothing of the
 * examples that were scored, only of the seeds.
 * @param confidence between 0 and 1, both left out
 * @throws {RangeError} for another confidence, or a value that is not finite
 */
export function summarize(values: readonly number[], confidence = 0.95): Summary {
  checkShare("confidence", confidence);
  checkFinite(values);
  const count = values.length;
  if (count === 0) return { count, mean: null, deviation: null, interval: null };
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { count, mean, deviation: null, interval: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (count - 1));
  const half = (studentQuantile((1 + confidence) / 2, count - 1) * deviation) / Math.sqrt(count);
  return { count, mean, deviation, interval: { low: mean - half, high: mean + half, confidence } };
}
