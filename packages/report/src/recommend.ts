import type { MethodSummary, TaskSummary } from "./aggregate.ts";
import { trainableWithHead } from "./aggregate.ts";
import { baselineTitle, splitMethods } from "./baselines.ts";
import type { BaselineComparison, Comparison, TaskComparisons } from "./compare.ts";
import { marginPointsOf } from "./compare.ts";

/** The best of what is there without a method: a score without the model, or the head alone on the frozen one. */
export interface StrongestBaseline {
  /** For people: `bag of words`, `linear-probe`. */
  readonly title: string;
  /** As stored; of the head alone its mean over seeds. */
  readonly value: number;
  /** Whether it needs the model, as the head alone does. */
  readonly needsModel: boolean;
  /** The best of the methods beside it, method minus baseline; null where no method has a score. */
  readonly against: {
    readonly method: MethodSummary;
    readonly comparison: Comparison | BaselineComparison;
  } | null;
}

/** What the runs of one task support. */
export interface Recommendation {
  readonly task: TaskSummary;
  readonly comparisons: readonly Comparison[];
  readonly baselineComparisons: readonly BaselineComparison[];
  /** The method with the best mean, of those that may be chosen where there are any; null where nothing has a score. */
  readonly best: MethodSummary | null;
  /** The cheapest of the best and those near it; null where no method is shown to be better than the baseline. */
  readonly pick: MethodSummary | null;
  /** Best against pick; null where they are one. */
  readonly against: Comparison | null;
  /** Null where there is no baseline. */
  readonly strongest: StrongestBaseline | null;
}

/**
 * Picks a method by a fixed rule. First it must be shown better than the strongest baseline: a method that is not has
 * bought nothing. Among those, not being shown worse than the best is not enough, as with few seeds hardly anything is
 * shown: the mean must lie within the margin too. Cost is planned or measured peak memory, then what is trained.
 */
export function recommend(task: TaskSummary, { pairs, baselines }: TaskComparisons): Recommendation {
  const common = { task, comparisons: pairs, baselineComparisons: baselines };
  const scored = task.methods.filter(({ mean }) => mean !== null);
  const split = splitMethods(scored);
  const strongest = strongestBaseline(task, split, pairs, baselines);
  const allowed =
    strongest === null ? scored : split.methods.filter((method) => strongest.isBeatenBy(method));
  const [best] = allowed;
  if (best === undefined) {
    return {
      ...common,
      best: scored[0] ?? null,
      pick: null,
      against: null,
      strongest: strongest?.baseline ?? null,
    };
  }
  const candidates = allowed.filter((method) => method === best || isCloseEnough(method, best, task, pairs));
  const [pick = best] = [...candidates].sort(compareCost);
  const against = pairs.find(({ first, second }) => first === best && second === pick) ?? null;
  return { ...common, best, pick, against, strongest: strongest?.baseline ?? null };
}

interface Split {
  readonly methods: readonly MethodSummary[];
  readonly headAlone: readonly MethodSummary[];
}

function strongestBaseline(
  task: TaskSummary,
  { methods, headAlone }: Split,
  pairs: readonly Comparison[],
  baselines: readonly BaselineComparison[],
): {
  readonly baseline: StrongestBaseline;
  readonly isBeatenBy: (method: MethodSummary) => boolean;
} | null {
  const [probe] = headAlone;
  const sign = task.scale.higherIsBetter ? 1 : -1;
  const [strongest] = [
    ...task.baselines.map((baseline) => ({ ...baseline, title: baselineTitle(baseline.name), probe: null })),
    ...(probe?.mean == null ? [] : [{ name: probe.method, title: probe.method, value: probe.mean, probe }]),
  ].sort((a, b) => sign * (b.value - a.value));
  if (strongest === undefined) return null;
  const comparisonOf = (method: MethodSummary): Comparison | BaselineComparison | undefined =>
    strongest.probe === null
      ? baselines.find(({ first, baseline }) => first === method && baseline.name === strongest.name)
      : between(pairs, method, strongest.probe);
  const [best] = methods;
  const comparison = best && comparisonOf(best);
  return {
    baseline: {
      title: strongest.title,
      value: strongest.value,
      needsModel: strongest.probe !== null,
      against: best === undefined || comparison === undefined ? null : { method: best, comparison },
    },
    isBeatenBy: (method) => comparisonOf(method)?.verdict === "first is better",
  };
}

/** The comparison of two methods with `method` as the first, whichever way round it was made. */
function between(
  pairs: readonly Comparison[],
  method: MethodSummary,
  other: MethodSummary,
): Comparison | undefined {
  const ahead = pairs.find(({ first, second }) => first === method && second === other);
  if (ahead !== undefined) return ahead;
  const behind = pairs.find(({ first, second }) => first === other && second === method);
  return behind && reversed(behind);
}

const reversedWords = {
  "first is better": "second is better",
  "second is better": "first is better",
  equivalent: "equivalent",
  "none shown": "none shown",
} as const;

/** The same comparison with its sides changed; its tests in points stay as they were made. */
export function reversed(comparison: Comparison): Comparison {
  const { first, second, difference, interval, verdict } = comparison;
  return {
    ...comparison,
    first: second,
    second: first,
    difference: difference === null ? null : -difference,
    interval: interval && { low: -interval.high, high: -interval.low },
    verdict: reversedWords[verdict],
  };
}

function isCloseEnough(
  method: MethodSummary,
  best: MethodSummary,
  task: TaskSummary,
  comparisons: readonly Comparison[],
): boolean {
  if (method.mean === null || best.mean === null) return false;
  const comparison = comparisons.find(({ first, second }) => first === best && second === method);
  const isOpen = comparison?.verdict === "none shown" || comparison?.verdict === "equivalent";
  return isOpen && 100 * Math.abs(best.mean - method.mean) <= marginPointsOf(task);
}

function compareCost(a: MethodSummary, b: MethodSummary): number {
  const unknownLast = (value: number | null): number => value ?? Number.MAX_VALUE;
  return (
    unknownLast(a.peakLiveBytes) - unknownLast(b.peakLiveBytes) ||
    unknownLast(trainableWithHead(a)) - unknownLast(trainableWithHead(b))
  );
}
