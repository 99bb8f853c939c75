import { summarize } from "@peftbench/harness";
import type { Interval, MethodSummary, TaskSummary } from "./aggregate.ts";
import { CONFIDENCE } from "./aggregate.ts";

/** Two methods on one task, compared seed by seed. */
export interface Comparison {
  readonly first: MethodSummary;
  readonly second: MethodSummary;
  /** Seeds that both have a score of. */
  readonly seeds: number;
  /** Mean over those seeds of first minus second, in the metric's stored unit; null without a common seed. */
  readonly difference: number | null;
  /** Simultaneous over all pairs of the task (Bonferroni); null for fewer than two common seeds. */
  readonly interval: Interval | null;
  /** `none shown` wherever the interval includes zero or does not exist: not the same as equal. */
  readonly verdict: "first is better" | "second is better" | "none shown";
}

/**
 * All pairs of methods that have a score, the better mean first. Seeds are paired since a seed gives all methods the
 * same order of batches and the same head. The confidence of each interval is raised so that all of a task hold
 * together with the page's confidence: the best method is picked after looking, so any pair may be the one asked about.
 */
export function compareMethods(task: TaskSummary): readonly Comparison[] {
  const scored = task.methods.filter(({ mean }) => mean !== null);
  const pairs = scored.flatMap((first, index) =>
    scored.slice(index + 1).map((second) => [first, second] as const),
  );
  return pairs.map(([first, second]) => comparePair(first, second, task, pairs.length));
}

function comparePair(
  first: MethodSummary,
  second: MethodSummary,
  task: TaskSummary,
  pairs: number,
): Comparison {
  const values = new Map(second.rows.map(({ seed, value }) => [seed, value]));
  const differences = first.rows.flatMap(({ seed, value }) => {
    const other = values.get(seed) ?? null;
    return value === null || other === null ? [] : [value - other];
  });
  const seeds = differences.length;
  const { mean, interval } = summarize(differences, 1 - (1 - CONFIDENCE) / pairs);
  return { first, second, seeds, difference: mean, interval, verdict: verdictOf(interval, task) };
}

function verdictOf(interval: Interval | null, task: TaskSummary): Comparison["verdict"] {
  if (interval === null || (interval.low <= 0 && interval.high >= 0)) return "none shown";
  return interval.low > 0 === task.scale.higherIsBetter ? "first is better" : "second is better";
}
