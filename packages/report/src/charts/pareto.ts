import type { MethodSummary, TaskSummary } from "../aggregate.ts";
import { BYTES_PER_MB, formatCount, formatMb } from "../format.ts";

/** What a point's place on the horizontal axis says. */
export interface CostAxis {
  readonly title: string;
  /** In a sentence: `trains 74,498 parameters`. */
  readonly inWords: (cost: number) => string;
  readonly isLogarithmic: boolean;
}

/** One method in a drawing; all figures as they are drawn. */
export interface ParetoPoint {
  readonly method: string;
  readonly cost: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Trained scalars with the head, as their mean over all steps. */
export const trainedAxis: CostAxis = {
  title: "trained parameters with head (log)",
  inWords: (cost) => `trains ${formatCount(cost)} parameters`,
  isLogarithmic: true,
};

export const memoryAxis: CostAxis = {
  title: "live peak of a training step, MB",
  inWords: (cost) => `peaks at ${formatMb(cost * BYTES_PER_MB)} MB`,
  isLogarithmic: false,
};

/** The points of one task. */
export function pointsOf(
  task: TaskSummary,
  costOf: (summary: MethodSummary) => number | null,
): readonly ParetoPoint[] {
  const { factor } = task.scale;
  return task.methods.flatMap((summary) => {
    const { method, mean, interval } = summary;
    const cost = costOf(summary);
    if (mean === null || cost === null || cost <= 0) return [];
    const low = (interval?.low ?? mean) * factor;
    const high = (interval?.high ?? mean) * factor;
    return [{ method, cost, mean: mean * factor, low, high }];
  });
}

/**
 * Methods that no other is better than in both: none has as good a score at less cost, or a better one at as much. By
 * cost, the lowest first.
 */
export function paretoFront<Point extends Pick<ParetoPoint, "cost" | "mean">>(
  points: readonly Point[],
  higherIsBetter: boolean,
): readonly Point[] {
  const gain = (a: Point, b: Point): number => (higherIsBetter ? a.mean - b.mean : b.mean - a.mean);
  return points
    .filter((point) =>
      points.every(
        (other) =>
          !(
            other.cost <= point.cost &&
            gain(other, point) >= 0 &&
            (other.cost < point.cost || gain(other, point) > 0)
          ),
      ),
    )
    .toSorted((a, b) => a.cost - b.cost);
}
