import type { Metric, NumberList } from "./metric.ts";
import { unscorable } from "./metric.ts";
import { correlate } from "./pearson.ts";

/** Spearman's rank correlation of scores, equal scores sharing their average rank; null as for Pearson's. */
export const spearman: Metric<"spearman"> = {
  name: "spearman",
  title: "Spearman correlation",
  higherIsBetter: true,
  compute(predictions, references) {
    return (
      unscorable(predictions, references) ?? correlate(averageRanks(predictions), averageRanks(references))
    );
  },
};

/** Ranks from 1 in rising order; equal values get the mean of the ranks they take up together. Shape [count]. */
export function averageRanks(values: NumberList): Float64Array {
  const order = Array.from({ length: values.length }, (_, index) => index);
  order.sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    const value = values[order[start] ?? 0];
    let end = start + 1;
    while (end < order.length && values[order[end] ?? 0] === value) end++;
    const rank = (start + 1 + end) / 2;
    for (let place = start; place < end; place++) ranks[order[place] ?? 0] = rank;
    start = end;
  }
  return ranks;
}
