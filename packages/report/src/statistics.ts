import studentQuantile from "@stdlib/stats-base-dists-t-quantile";

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Student's t interval of a mean.
 *
 * @param deviation sample standard deviation (divided by n - 1)
 * @param confidence between 0 and 1
 * @returns null where one value or none leaves nothing to estimate a deviation from
 */
export function meanInterval(
  mean: number,
  deviation: number,
  n: number,
  confidence: number,
): Interval | null {
  if (n < 2) return null;
  const half = (studentQuantile(0.5 + confidence / 2, n - 1) * deviation) / Math.sqrt(n);
  return { low: mean - half, high: mean + half };
}

/** Mean and sample standard deviation (null for fewer than two values). */
export function meanAndDeviation(values: readonly number[]): {
  readonly mean: number;
  readonly deviation: number | null;
} {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { mean, deviation: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (n - 1)) };
}
