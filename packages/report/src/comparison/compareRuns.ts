import type { EquivalenceResult, Estimate, McNemarResult, PairedEffect } from "@peftbench/harness";
import {
  equivalenceTest,
  estimateOverSeeds,
  estimateOverSeedsAndExamples,
  mcnemar,
  pairedEffect,
  summarizeResamples,
  testDifference,
} from "@peftbench/harness";
import type { ComparedExamples, ScoredRun } from "./examples.ts";

/**
 * What a p-value is of. `McNemar` and `bootstrap` are over examples and of one seed's training; `seeds and examples`
 * speaks for other seeds and other examples; `seeds` for other seeds on the same examples.
 */
export type ComparisonTest = "McNemar" | "bootstrap" | "seeds and examples" | "seeds";

interface PointsInterval {
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
}

/** First minus second throughout, in points (hundredths of the metric). */
export interface RunComparison {
  /** Seeds that both sides have. */
  readonly seeds: readonly number[];
  /** Mean over them; null without any. */
  readonly differencePoints: number | null;
  /** Of this comparison alone; null where there is no test. */
  readonly intervalPoints: PointsInterval | null;
  readonly test: ComparisonTest | null;
  /** Two-sided, not corrected for other comparisons. */
  readonly pValue: number | null;
  /** Of accuracy, a seed each; none for other metrics or without predictions. */
  readonly mcnemar: readonly McNemarResult[];
  /** Over seeds. */
  readonly effect: PairedEffect | null;
  /** Null for one seed, which says nothing of others. */
  readonly equivalence: EquivalenceResult | null;
  /** Whether both give constant answers, which the metric scores alike whatever they are: it cannot tell them apart. */
  readonly isCollapsed: boolean;
  /** Why there is no test, or a lesser one; null where there is nothing to say. */
  readonly problem: string | null;
}

/** Two runs under one seed. */
export interface RunPair {
  readonly seed: number;
  readonly first: ScoredRun;
  readonly second: ScoredRun;
}

/**
 * Compares two methods by seeds and examples in pairs: a seed gives both the same order of batches and the same head,
 * and both are scored on the same examples. One seed is tested over examples: by McNemar's exact test for accuracy, by
 * the bootstrap for all else. Several seeds are tested over seeds and examples together.
 *
 * @param marginPoints differences within it do not matter
 */
export function compareRuns(
  firsts: readonly ScoredRun[],
  seconds: readonly ScoredRun[],
  examples: ComparedExamples,
  marginPoints: number,
): RunComparison {
  const pairs = firsts.flatMap((first): RunPair[] => {
    const second = seconds.find(({ seed }) => seed === first.seed);
    return second === undefined ? [] : [{ seed: first.seed, first, second }];
  });
  return comparePairs(pairs, examples, marginPoints);
}

/** The same of runs that are in pairs already. */
export function comparePairs(
  pairs: readonly RunPair[],
  examples: ComparedExamples,
  marginPoints: number,
): RunComparison {
  const seeds = pairs.map(({ seed }) => seed);
  const differences = pairs.map(({ first, second }) => 100 * (first.value - second.value));
  const [only] = differences;
  if (only === undefined) return { ...untested([], null), problem: "no seed is common to both" };
  const differencePoints = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  const base = { ...untested(seeds, differencePoints), effect: pairedEffect(differences) };
  const resampled = pairs.map((pair) => resampledDifference(pair, examples));
  const known = resampled.flatMap((row) => row ?? []);

  if (known.length < pairs.length) {
    const missing = "predictions are missing or not of the same examples";
    const estimate = estimateOverSeeds(differences);
    if (estimate === null) return { ...base, problem: `${missing}, and seeds alone say nothing` };
    return {
      ...base,
      ...tested(estimate, "seeds", marginPoints),
      problem: `${missing}: tested over seeds alone`,
    };
  }
  if (pairs.every((pair) => isCollapsed(pair, examples))) return { ...base, ...collapsed(examples.metric) };
  const tables = examples.metric === "accuracy" ? pairs.flatMap((pair) => rightOrWrong(pair, examples)) : [];
  const [table] = tables;
  const withTables = { ...base, mcnemar: tables };
  if (pairs.length > 1) {
    const estimate = estimateOverSeedsAndExamples(differences, known);
    if (estimate !== null) return { ...withTables, ...tested(estimate, "seeds and examples", marginPoints) };
    return known.every((row) => row.every((value) => value === 0))
      ? { ...withTables, ...alike }
      : { ...withTables, problem: "too few resamples of the examples have a score" };
  }
  if (table !== undefined) {
    const { intervalPoints, pValue } = table;
    return { ...withTables, intervalPoints, test: "McNemar", pValue };
  }
  const { interval, pValue } = summarizeResamples(known[0] ?? new Float64Array());
  if (interval === null) return { ...base, problem: "too few resamples of the examples have a score" };
  return { ...base, intervalPoints: interval, test: "bootstrap", pValue };
}

/** The two say the same of every example. */
const alike = {
  intervalPoints: { low: 0, high: 0, confidence: 0.95 },
  test: "seeds and examples",
  pValue: 1,
} as const;

/** Metrics that a constant answer scores alike whatever it is: a correlation of a constant is none. */
const BLIND_TO_CONSTANTS: readonly string[] = ["matthews", "pearson", "spearman"];

/** Whether both runs give every example one answer, each its own, and the metric is blind to which. */
function isCollapsed({ first, second }: RunPair, { metric, predictions }: ComparedExamples): boolean {
  if (!BLIND_TO_CONSTANTS.includes(metric)) return false;
  return [first, second].every((run) => {
    const answers = predictions.get(run) ?? [];
    return answers.length > 0 && answers.every((value) => Object.is(value, answers[0]));
  });
}

/** What is said in place of a test where {@link isCollapsed}. */
export function collapsed(metric: string): Pick<RunComparison, "isCollapsed" | "problem"> {
  return {
    isCollapsed: true,
    problem: `both give constant answers, which ${metric} scores alike whatever they are: it cannot tell them apart`,
  };
}

/** A comparison of which nothing is known but its size. */
export function untested(seeds: readonly number[], differencePoints: number | null): RunComparison {
  return {
    seeds,
    differencePoints,
    intervalPoints: null,
    test: null,
    pValue: null,
    mcnemar: [],
    effect: null,
    equivalence: null,
    isCollapsed: false,
    problem: null,
  };
}

/** What an estimate in points says. */
export function tested(
  estimate: Estimate,
  test: ComparisonTest,
  marginPoints: number,
): Pick<RunComparison, "intervalPoints" | "test" | "pValue" | "equivalence"> {
  const { interval, pValue } = testDifference(estimate);
  return { intervalPoints: interval, test, pValue, equivalence: equivalenceTest(estimate, marginPoints) };
}

/** In points; null where one of the two has no predictions to resample. */
function resampledDifference(
  { first, second }: RunPair,
  { resampled }: ComparedExamples,
): Float64Array | null {
  const [ours, theirs] = [resampled.get(first), resampled.get(second)];
  if (ours === undefined || theirs === undefined) return null;
  return ours.map((value, place) => 100 * (value - (theirs[place] ?? Number.NaN)));
}

function rightOrWrong(
  { first, second }: RunPair,
  { labels, predictions }: ComparedExamples,
): readonly McNemarResult[] {
  const isRight = (run: ScoredRun): readonly boolean[] =>
    (predictions.get(run) ?? []).map((prediction, index) => prediction === labels[index]);
  return [mcnemar(isRight(first), isRight(second))];
}
