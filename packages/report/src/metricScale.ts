/** How values of a metric are written: accuracies and correlations in hundredths, as papers give them. */
export interface MetricScale {
  /** A stored value times this is what is shown. */
  readonly factor: number;
  readonly decimals: number;
  readonly higherIsBetter: boolean;
  /** `accuracy, %` */
  readonly title: string;
  /** Put after a value in a sentence: `%`. */
  readonly suffix: string;
  /** What a difference is counted in: `points`. */
  readonly differenceUnit: string;
}

/**
 * @param metric name of the metric; null where no run has one
 * @param values all stored values; the scale is hundredths where none leaves -1..1
 * @param count examples that were scored: a last digit far below one example would say nothing
 */
export function metricScale(
  metric: string | null,
  higherIsBetter: boolean,
  values: readonly number[],
  count: number | null,
): MetricScale {
  const name = metric ?? "score";
  const isFraction = higherIsBetter && values.every((value) => Math.abs(value) <= 1);
  if (!isFraction) {
    return { factor: 1, decimals: 3, higherIsBetter, title: name, suffix: "", differenceUnit: "" };
  }
  const isPercentage = name === "accuracy";
  return {
    factor: 100,
    decimals: count !== null && count >= 2_000 ? 2 : 1,
    higherIsBetter,
    title: isPercentage ? `${name}, %` : `${name} × 100`,
    suffix: isPercentage ? "%" : "",
    differenceUnit: " points",
  };
}
