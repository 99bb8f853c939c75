import type { Metric } from "./metric.ts";
import { unscorable } from "./metric.ts";

/**
 * Matthews correlation of two classes, and its extension to more (R_K; Gorodkin 2004).
 * Where predictions or references are all of one class the denominator is 0 and the value is 0, as scikit-learn
 * has it: a model that collapsed to one class must count as worthless in a mean over seeds, not drop out of it.
 */
export const matthews: Metric<"matthews"> = {
  name: "matthews",
  title: "Matthews correlation",
  higherIsBetter: true,
  compute(predictions, references) {
    const none = unscorable(predictions, references);
    if (none !== null) return none;
    const count = references.length;
    const predictedTotals = classTotals(predictions);
    const actualTotals = classTotals(references);
    let correct = 0;
    for (let index = 0; index < count; index++) if (predictions[index] === references[index]) correct++;

    let crossed = 0;
    for (const [label, total] of predictedTotals) crossed += total * (actualTotals.get(label) ?? 0);
    const square = count * count;
    const predictedSpread = square - sumOfSquares(predictedTotals);
    const actualSpread = square - sumOfSquares(actualTotals);
    const denominator = Math.sqrt(predictedSpread) * Math.sqrt(actualSpread);
    const value = denominator === 0 ? 0 : (correct * count - crossed) / denominator;
    // Rounding of the two roots can bring a perfect score past 1.
    return { value: Math.max(-1, Math.min(1, value)), count };
  },
};

function classTotals(labels: ArrayLike<number>): ReadonlyMap<number, number> {
  const totals = new Map<number, number>();
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index] ?? 0;
    totals.set(label, (totals.get(label) ?? 0) + 1);
  }
  return totals;
}

function sumOfSquares(totals: ReadonlyMap<number, number>): number {
  let sum = 0;
  for (const total of totals.values()) sum += total * total;
  return sum;
}
