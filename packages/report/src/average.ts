import { summarize } from "@peftbench/harness";
import type { Interval, MethodSummary, TaskSummary } from "./aggregate.ts";
import { CONFIDENCE } from "./aggregate.ts";
import { listInWords } from "./format.ts";

/** The plain mean of the scores of several tasks, in points, as GLUE makes it. */
export interface AverageScore {
  /** Null where `reason` says why there is none. */
  readonly points: number | null;
  /** Of the mean over seeds of each seed's average; null unless all tasks have the same two or more seeds. */
  readonly interval: Interval | null;
  readonly reason: string | null;
}

/** Of one method over tasks; only where every one of them has a score, as a mean of fewer is of another thing. */
export function averageOfMethod(tasks: readonly TaskSummary[], method: string): AverageScore {
  const summaries = tasks.map((task) => task.methods.find((each) => each.method === method));
  const average = averageOf(tasks, (task) => summaries[tasks.indexOf(task)]?.mean ?? null);
  if (average.points === null) return average;
  const perSeed = averagesBySeed(summaries.flatMap((summary) => summary ?? []));
  return { ...average, interval: perSeed === null ? null : summarize(perSeed, CONFIDENCE).interval };
}

/** The same of what has one value a task: a baseline. */
export function averageOf(
  tasks: readonly TaskSummary[],
  scoreOn: (task: TaskSummary) => number | null,
): AverageScore {
  const none = (reason: string): AverageScore => ({ points: null, interval: null, reason });
  const otherUnit = tasks.filter(({ scale }) => scale.factor !== 100);
  if (otherUnit.length > 0) return none(`other unit: ${listInWords(otherUnit.map(({ task }) => task))}`);
  const missing = tasks.filter((task) => scoreOn(task) === null);
  if (missing.length > 0) return none(`no score: ${listInWords(missing.map(({ task }) => task))}`);
  if (tasks.length === 0) return none("no tasks");
  const sum = tasks.reduce((total, task) => total + (scoreOn(task) ?? 0) * 100, 0);
  return { points: sum / tasks.length, interval: null, reason: null };
}

/** Each seed's average over the tasks, in points; null where the tasks were not scored with the same seeds. */
function averagesBySeed(summaries: readonly MethodSummary[]): readonly number[] | null {
  const bySeed = summaries.map(
    ({ rows }) =>
      new Map(rows.flatMap(({ seed, value }) => (value === null ? [] : [[seed, value] as const]))),
  );
  const seeds = [...(bySeed[0]?.keys() ?? [])];
  const isShared = bySeed.every(
    (values) => values.size === seeds.length && seeds.every((s) => values.has(s)),
  );
  if (!isShared) return null;
  return seeds.map(
    (seed) => bySeed.reduce((sum, values) => sum + (values.get(seed) ?? 0) * 100, 0) / bySeed.length,
  );
}
