import type { BaselineSummary, MethodSummary, TaskSummary } from "./aggregate.ts";
import { trainableWithHead } from "./aggregate.ts";
import { unbeatenBaselines } from "./baselines.ts";
import type { Comparison } from "./compare.ts";
import { compareMethods } from "./compare.ts";

/** Share of the metric's range (0 to 1) that a cheaper method's mean may lie behind the best: one point in a hundred. */
export const MARGIN = 0.01;

/** What the runs of one task support. */
export interface Recommendation {
  readonly task: TaskSummary;
  readonly comparisons: readonly Comparison[];
  /** The method with the best mean; null where nothing has a score. */
  readonly best: MethodSummary | null;
  /** The cheapest of the best and those within the margin that are not shown to be worse. */
  readonly pick: MethodSummary | null;
  /** Best against pick; null where they are one. */
  readonly against: Comparison | null;
  /** Baselines that no method's mean is better than, whatever the method costs. */
  readonly unbeaten: readonly BaselineSummary[];
  /** The others that the pick's interval, or its only value, does not lie beyond. */
  readonly notShownBeaten: readonly BaselineSummary[];
}

/**
 * Picks a method by a fixed rule. Not being shown worse is not enough: with few seeds hardly anything is shown, so the
 * mean must lie within the margin too. Cost is planned or measured peak memory, then what is trained.
 */
export function recommend(task: TaskSummary): Recommendation {
  const comparisons = compareMethods(task);
  const best = task.methods.find(({ mean }) => mean !== null) ?? null;
  if (best === null) {
    return { task, comparisons, best, pick: null, against: null, unbeaten: [], notShownBeaten: [] };
  }
  const candidates = task.methods.filter(
    (method) => method === best || isCloseEnough(method, best, task, comparisons),
  );
  const [pick = best] = [...candidates].sort(compareCost);
  const against = comparisons.find(({ first, second }) => first === best && second === pick) ?? null;
  const unbeaten = unbeatenBaselines(task);
  const notShownBeaten = task.baselines.filter(
    (baseline) => !unbeaten.includes(baseline) && !isBeyond(pick, baseline, task),
  );
  return { task, comparisons, best, pick, against, unbeaten, notShownBeaten };
}

function isCloseEnough(
  method: MethodSummary,
  best: MethodSummary,
  task: TaskSummary,
  comparisons: readonly Comparison[],
): boolean {
  if (method.mean === null || best.mean === null) return false;
  const range = task.scale.factor === 100 ? 1 : Math.abs(best.mean);
  const comparison = comparisons.find(({ first, second }) => first === best && second === method);
  return comparison?.verdict === "none shown" && Math.abs(best.mean - method.mean) <= MARGIN * range;
}

function compareCost(a: MethodSummary, b: MethodSummary): number {
  const unknownLast = (value: number | null): number => value ?? Number.MAX_VALUE;
  return (
    unknownLast(a.peakLiveBytes) - unknownLast(b.peakLiveBytes) ||
    unknownLast(trainableWithHead(a)) - unknownLast(trainableWithHead(b))
  );
}

function isBeyond(
  { mean, interval }: MethodSummary,
  { value }: BaselineSummary,
  { scale }: TaskSummary,
): boolean {
  if (mean === null) return false;
  return scale.higherIsBetter ? (interval?.low ?? mean) > value : (interval?.high ?? mean) < value;
}
