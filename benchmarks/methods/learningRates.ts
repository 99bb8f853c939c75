import type { RunResult } from "@peftbench/harness";

/** One learning rate that was tried with a method. */
export interface LearningRateTrial {
  readonly learningRate: number;
  readonly task: string;
  readonly seed: number;
  readonly metric: string;
  /** On examples held out of training; null where the run failed or diverged. */
  readonly score: number | null;
}

/** What was tried with a method, and what came out best. */
export interface LearningRateChoice {
  readonly method: string;
  /** The rate with the highest mean score; the lowest of equals. Null where every trial failed. */
  readonly chosen: number | null;
  /** Whether the choice is the lowest or highest rate that was tried: a better one may lie beyond. */
  readonly isAtEdge: boolean;
  readonly trials: readonly LearningRateTrial[];
}

/** Chooses a learning rate for each method, by scores on held-out training examples and nothing else. */
export function chooseLearningRates(results: readonly RunResult[]): readonly LearningRateChoice[] {
  const methods = [...new Set(results.map(({ cell }) => cell.method))];
  return methods.map((method) => {
    const trials = results
      .filter(({ cell }) => cell.method === method)
      .map(trialOf)
      .toSorted((a, b) => a.learningRate - b.learningRate || a.task.localeCompare(b.task));
    const rates = [...new Set(trials.map(({ learningRate }) => learningRate))];
    const means = rates.map((rate) => meanScore(trials.filter(({ learningRate }) => learningRate === rate)));
    const best = Math.max(...means);
    const chosen = Number.isFinite(best) ? (rates[means.indexOf(best)] as number) : null;
    const isAtEdge = chosen !== null && (chosen === rates[0] || chosen === rates.at(-1));
    return { method, chosen, isAtEdge, trials };
  });
}

function trialOf({ cell, selectionMetrics, status }: RunResult): LearningRateTrial {
  const learningRate = cell.config.training.learningRate as number;
  const metric = selectionMetrics.find(({ primary }) => primary);
  const { task, seed } = cell;
  return {
    ...{ learningRate, task, seed },
    metric: metric?.name ?? "none",
    score: status === "ok" ? (metric?.value ?? null) : null,
  };
}

/** Minus infinity where a trial failed: a rate that may diverge is not chosen. */
function meanScore(trials: readonly LearningRateTrial[]): number {
  const scores = trials.map(({ score }) => score ?? Number.NEGATIVE_INFINITY);
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}
