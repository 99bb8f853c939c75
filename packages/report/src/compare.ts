import { createRandom } from "@peftbench/runtime";
import type { BaselineSummary, Interval, MethodSummary, TaskSummary } from "./aggregate.ts";
import { isConstantAnswer } from "./baselines.ts";
import type { RunComparison } from "./comparison/compareRuns.ts";
import { compareRuns } from "./comparison/compareRuns.ts";
import { compareWithBaseline, constantAnswers } from "./comparison/compareWithBaseline.ts";
import type { ComparedExamples, ExamplePrediction, ScoredRun } from "./comparison/examples.ts";
import { resampleRuns } from "./comparison/examples.ts";
import type { Judgement } from "./comparison/judge.ts";
import { judge } from "./comparison/judge.ts";

/** Share of the metric's range (0 to 1) within which differences do not matter: one point in a hundred. */
export const MARGIN = 0.01;

/** What a comparison shows. `none shown` is not the same as `equivalent`: the data do not decide. */
export type ShownDifference = "first is better" | "second is better" | "equivalent" | "none shown";

interface Compared extends Pick<Judgement, "adjustedPValue" | "adjustedEquivalencePValue"> {
  /** Seeds that both have a score of. */
  readonly seeds: number;
  /** Mean over those seeds of first minus second, in the metric's stored unit; null without a common seed. */
  readonly difference: number | null;
  /** Of this comparison alone; null where there is no test. */
  readonly interval: Interval | null;
  readonly verdict: ShownDifference;
  /** The tests behind it, in points. */
  readonly tests: RunComparison;
}

/** Two methods on one task. */
export interface Comparison extends Compared {
  readonly first: MethodSummary;
  readonly second: MethodSummary;
}

/** A method beside a score that needs no model, as the second. */
export interface BaselineComparison extends Compared {
  readonly first: MethodSummary;
  readonly baseline: BaselineSummary;
}

/** All comparisons of one task. */
export interface TaskComparisons {
  /** All pairs of methods that have a score, the better mean first. */
  readonly pairs: readonly Comparison[];
  readonly baselines: readonly BaselineComparison[];
  readonly examples: ComparedExamples;
  /** The compared runs of each method, by its name. */
  readonly runs: ReadonlyMap<string, readonly ScoredRun[]>;
}

/** Predictions of runs by their id; a run without any is compared by its score alone. */
export type PredictionsByRun = ReadonlyMap<string, readonly ExamplePrediction[]>;

/** Of the examples, where no smaller p-value is asked for. */
const LEAST_RESAMPLES = 1_000;
/** So many for each comparison of the family that the least p-value of the bootstrap survives its correction. */
const RESAMPLES_PER_COMPARISON = 100;

/**
 * Compares all methods of all tasks, as `bench compare` does, and judges them as one family: the best method is picked
 * after looking, so any pair may be the one asked about. Baselines are in the family too.
 * @returns in the order of the tasks
 */
export function compareTasks(
  tasks: readonly TaskSummary[],
  predictions: PredictionsByRun,
): readonly TaskComparisons[] {
  const size = tasks.reduce((sum, task) => {
    const scored = scoredMethods(task).length;
    return sum + (scored * (scored - 1)) / 2 + scored * task.baselines.length;
  }, 0);
  const drafts = tasks.map((task) => draft(task, predictions, size));
  const judgements = judge(
    drafts.flatMap(({ task, pairs, baselines }) =>
      [...pairs, ...baselines].map(({ tests }) => ({ ...tests, higherIsBetter: task.scale.higherIsBetter })),
    ),
  ).values();
  const judged = <Draft extends { readonly tests: RunComparison }>(one: Draft): Draft & Compared => ({
    ...one,
    ...inStoredUnit(one.tests),
    ...words(judgements.next().value),
  });
  return drafts.map(({ pairs, baselines, examples, runs }) => ({
    pairs: pairs.map(judged),
    baselines: baselines.map(judged),
    examples,
    runs,
  }));
}

/** Points within which two methods of a task are taken for equal. */
export function marginPointsOf(task: TaskSummary): number {
  const [best] = scoredMethods(task);
  const range = task.scale.factor === 100 ? 1 : Math.abs(best?.mean ?? 1);
  return 100 * MARGIN * (range || 1);
}

function draft(task: TaskSummary, predictions: PredictionsByRun, familySize: number) {
  const metric = task.metric ?? "";
  const methods = scoredMethods(task);
  const runs = new Map(
    methods.map(({ method, rows }) => [
      method,
      rows.flatMap(({ id, seed, value }): ScoredRun[] =>
        value === null ? [] : [{ seed, value, predictions: predictions.get(id) ?? [] }],
      ),
    ]),
  );
  const all = [...runs.values()].flat();
  const like = all.find((run) => run.predictions.length > 0)?.predictions ?? [];
  const answers = new Map(
    task.baselines.map((baseline) => [
      baseline,
      isConstantAnswer(baseline) ? constantAnswers(baseline, metric, like) : null,
    ]),
  );
  // Only the bootstrap of a single seed has a least p-value; McNemar's exact test has none.
  const needsMore = metric !== "accuracy" && [...runs.values()].some((each) => each.length === 1);
  const examples = resampleRuns([...all, ...[...answers.values()].flatMap((run) => run ?? [])], {
    metric,
    resamples: Math.max(LEAST_RESAMPLES, needsMore ? RESAMPLES_PER_COMPARISON * familySize : 0),
    random: createRandom(0, `report ${task.model} ${task.task}`),
  });
  const runsOf = ({ method }: MethodSummary): readonly ScoredRun[] => runs.get(method) ?? [];
  const margin = marginPointsOf(task);
  return {
    task,
    examples,
    runs,
    pairs: methods.flatMap((first, index) =>
      methods.slice(index + 1).map((second) => ({
        ...{ first, second },
        tests: compareRuns(runsOf(first), runsOf(second), examples, margin),
      })),
    ),
    baselines: methods.flatMap((first) =>
      task.baselines.map((baseline) => {
        const score = { value: baseline.value, run: answers.get(baseline) ?? null };
        return { first, baseline, tests: compareWithBaseline(runsOf(first), score, examples, margin) };
      }),
    ),
  };
}

function scoredMethods({ methods }: TaskSummary): readonly MethodSummary[] {
  return methods.filter(({ mean }) => mean !== null);
}

function inStoredUnit({
  seeds,
  differencePoints,
  intervalPoints,
}: RunComparison): Pick<Compared, "seeds" | "difference" | "interval"> {
  return {
    seeds: seeds.length,
    difference: differencePoints === null ? null : differencePoints / 100,
    interval: intervalPoints && { low: intervalPoints.low / 100, high: intervalPoints.high / 100 },
  };
}

const shownWords: Readonly<Record<Judgement["verdict"], ShownDifference>> = {
  "A better": "first is better",
  "B better": "second is better",
  "equivalent within margin": "equivalent",
  "no difference shown": "none shown",
};

function words(
  judgement: Judgement | undefined,
): Pick<Compared, "adjustedPValue" | "adjustedEquivalencePValue" | "verdict"> {
  if (judgement === undefined) throw new RangeError("There are fewer judgements than comparisons.");
  const { adjustedPValue, adjustedEquivalencePValue, verdict } = judgement;
  return { adjustedPValue, adjustedEquivalencePValue, verdict: shownWords[verdict] };
}
