import type { RunResult, Summary } from "@peftbench/harness";
import { canonicalJson, summarize } from "@peftbench/harness";

/** Scores are fractions; differences are read in hundredths. */
const POINTS = 100;

/** A finished run's primary score under the name of its method and configuration. */
export interface Score {
  readonly task: string;
  readonly method: string;
  readonly seed: number;
  readonly metric: string;
  /** In hundredths. */
  readonly points: number;
  /** What both sides of a pair must have in common, as text: data and training, but for the learning rate. */
  readonly setting: string;
}

/** One method on one task: first minus second, in points. */
export interface PairedDifference {
  readonly task: string;
  readonly method: string;
  readonly metric: string;
  readonly seeds: readonly number[];
  readonly first: number;
  readonly second: number;
  /** Of the differences, a seed each, with the 95 % interval of their mean under Student's t. */
  readonly difference: Summary;
}

/** @returns null for a run without a score */
export function scoreOf(result: RunResult, method: string): Score | null {
  const metric = result.metrics.find(({ primary }) => primary);
  if (result.status !== "ok" || metric === undefined || metric.value === null) return null;
  const { task, seed, config } = result.cell;
  // Each side has the rate that was chosen for it: what suits pretrained weights suits random ones badly.
  const { learningRate: _, ...training } = config.training;
  const setting = canonicalJson({ data: result.data?.checksum ?? null, training });
  return { task, method, seed, metric: metric.name, points: POINTS * metric.value, setting };
}

/**
 * Pairs scores by task, method and seed (a seed gives both sides the same order of batches and the same head) and
 * summarizes their differences. What only one side has is left out.
 * @throws {RangeError} where a side has two scores of one kind, or a pair was not trained alike
 */
export function pairedDifferences(
  firsts: readonly Score[],
  seconds: readonly Score[],
): readonly PairedDifference[] {
  const others = byKey(seconds);
  const pairs = [...byKey(firsts)].flatMap(([key, first]) => {
    const second = others.get(key);
    if (second === undefined) return [];
    if (second.setting !== first.setting) {
      throw new RangeError(
        `${name(first)} was not trained alike on both sides; run both with the same settings.`,
      );
    }
    return [{ first, second }];
  });
  const groups = new Map<string, typeof pairs>();
  for (const pair of pairs) {
    const key = JSON.stringify([pair.first.task, pair.first.method]);
    groups.set(key, [...(groups.get(key) ?? []), pair]);
  }
  return [...groups.values()].flatMap((group) => {
    const [pair] = group;
    if (pair === undefined) return [];
    const { task, method, metric } = pair.first;
    return [
      {
        ...{ task, method, metric },
        seeds: group.map(({ first }) => first.seed),
        first: mean(group.map(({ first }) => first.points)),
        second: mean(group.map(({ second }) => second.points)),
        difference: summarize(group.map(({ first, second }) => first.points - second.points)),
      },
    ];
  });
}

function byKey(scores: readonly Score[]): ReadonlyMap<string, Score> {
  const found = new Map<string, Score>();
  for (const score of scores) {
    const key = name(score);
    if (found.has(key)) throw new RangeError(`There are two results of ${key}; keep one in the folder.`);
    found.set(key, score);
  }
  return found;
}

function name({ task, method, seed }: Score): string {
  return `${method} on ${task} with seed ${seed}`;
}

function mean(values: readonly number[]): number {
  return summarize(values).mean as number;
}
