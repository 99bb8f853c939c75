import { createRequire } from "node:module";
import type tQuantile from "@stdlib/stats-base-dists-t-quantile";

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
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`The confidence is ${confidence}; expected a number between 0 and 1.`);
  }
  const wrong = values.find((value) => !Number.isFinite(value));
  if (wrong !== undefined) {
    throw new RangeError(
      `Found the value ${wrong}; expected finite numbers. Leave failed runs out and say so.`,
    );
  }
  const count = values.length;
  if (count === 0) return { count, mean: null, deviation: null, interval: null };
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { count, mean, deviation: null, interval: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (count - 1));
  const half = (loadQuantile()((1 + confidence) / 2, count - 1) * deviation) / Math.sqrt(count);
  return { count, mean, deviation, interval: { low: mean - half, high: mean + half, confidence } };
}

/** Not before it is asked for: it takes longer to load than all other sources together, and no cell needs it. */
function loadQuantile(): typeof tQuantile {
  return createRequire(import.meta.url)("@stdlib/stats-base-dists-t-quantile");
}

/** The middle value, or the mean of the two middle ones; null for none. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  const lower = sorted[sorted.length - 1 - middle];
  return upper === undefined || lower === undefined ? null : (lower + upper) / 2;
}
