import type { Metric, MetricResult, NumberList } from "./metric.ts";
import { unscorable } from "./metric.ts";

/** Pearson's linear correlation of scores; null where one side does not vary or there are fewer than two. */
export const pearson: Metric<"pearson"> = {
  name: "pearson",
  title: "Pearson correlation",
  higherIsBetter: true,
  compute(predictions, references) {
    return unscorable(predictions, references) ?? correlate(predictions, references);
  },
};

/** The correlation of two lists of finite numbers of the same length, at least 1. */
export function correlate(predictions: NumberList, references: NumberList): MetricResult {
  const count = references.length;
  if (count < 2) return { value: null, count, reason: "a correlation needs at least two examples" };
  // Compared by value: the mean of equal numbers may differ from them by a rounding, which would correlate noise.
  if (isConstant(predictions)) return { value: null, count, reason: "all predictions are equal" };
  if (isConstant(references)) return { value: null, count, reason: "all references are equal" };

  const x = centred(predictions);
  const y = centred(references);
  let product = 0;
  for (let index = 0; index < count; index++) product += (x[index] ?? 0) * (y[index] ?? 0);
  // Both are unit vectors; rounding alone can bring the product past 1.
  return { value: Math.max(-1, Math.min(1, product)), count };
}

/** The deviations from the mean, scaled to length 1; scaled first so that squares neither overflow nor vanish. */
function centred(values: NumberList): Float64Array {
  const result = Float64Array.from(values);
  let mean = 0;
  for (const value of result) mean += value / result.length;
  let largest = 0;
  for (let index = 0; index < result.length; index++) {
    const deviation = (result[index] ?? 0) - mean;
    result[index] = deviation;
    largest = Math.max(largest, Math.abs(deviation));
  }
  let squares = 0;
  for (let index = 0; index < result.length; index++) {
    const scaled = (result[index] ?? 0) / largest;
    result[index] = scaled;
    squares += scaled * scaled;
  }
  const norm = Math.sqrt(squares);
  for (let index = 0; index < result.length; index++) result[index] = (result[index] ?? 0) / norm;
  return result;
}

function isConstant(values: NumberList): boolean {
  for (let index = 1; index < values.length; index++) if (values[index] !== values[0]) return false;
  return true;
}
