import type { MethodSummary, TaskSummary } from "../aggregate.ts";
import { BYTES_PER_MB, formatCount, formatFixed, formatMb } from "../format.ts";
import type { Chart } from "./render.ts";
import type { MethodMark } from "./theme.ts";
import { frame, ink, mutedInk, paddedDomain, paper } from "./theme.ts";

const HEIGHT = 240;
/** Least distance of two names, in pixels. */
const LINE = 15;
/** Share of the width within which a name would run into a neighbour. */
const NEAR = 0.25;

/** What a point's place on the horizontal axis says. */
export interface CostAxis {
  readonly title: string;
  /** In a sentence: `trains 74,498`. */
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

/** Trained scalars with the head, as their mean over all steps; shown without SI digits that say nothing. */
export const trainedAxis: CostAxis = {
  title: "trained parameters with head, mean over steps (log)",
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

/** Score against cost with the Pareto front. Null where no method has both. */
export function paretoChart(
  points: readonly ParetoPoint[],
  axis: CostAxis,
  quality: {
    readonly title: string;
    readonly decimals: number;
    readonly higherIsBetter: boolean;
    /** What the scores are of: `accuracy on sst2`. */
    readonly of: string;
  },
  marks: ReadonlyMap<string, MethodMark>,
): Chart | null {
  if (points.length === 0) return null;
  const front = paretoFront(points, quality.higherIsBetter);
  const names = points.map(({ method }) => method);
  const place = axis.isLogarithmic ? Math.log10 : (cost: number): number => cost;
  const unplace = axis.isLogarithmic ? (position: number): number => 10 ** position : (each: number) => each;
  const positions = points.map(({ cost }) => place(cost));
  const [first, last] = [Math.min(...positions), Math.max(...positions)];
  const margin = axis.isLogarithmic ? 0.4 : (last - first) * 0.14 || last * 0.1;
  const domain: [number, number] = [unplace(first - margin), unplace(last + margin)];
  const scores = paddedDomain(points.flatMap(({ low, high }) => [low, high]));
  const middle = (first + last) / 2;
  const color = {
    field: "method",
    type: "nominal" as const,
    scale: { domain: names, range: names.map((name) => marks.get(name)?.color ?? ink) },
    legend: null,
  };
  const shape = {
    field: "method",
    type: "nominal" as const,
    scale: { domain: names, range: names.map((name) => marks.get(name)?.shape ?? "circle") },
    legend: null,
  };
  const x = {
    field: "cost",
    type: "quantitative" as const,
    scale: axis.isLogarithmic
      ? { type: "log" as const, domain, nice: false }
      : { domain, nice: false, zero: false },
    axis: axis.isLogarithmic
      ? { title: axis.title, format: "~s", values: logTicks(domain) }
      : { title: axis.title, tickCount: 5 },
  };
  const y = {
    type: "quantitative" as const,
    scale: { domain: scores, zero: false, nice: false },
    axis: { title: quality.title, tickCount: 6, minExtent: 34 },
  };
  const reach = {
    lineHeight: ((scores[1] - scores[0]) * LINE) / HEIGHT,
    span: (last - first + 2 * margin) * NEAR,
    place,
  };
  // A name stands on the side where the axis leaves more room.
  const labels = (side: "left" | "right") => ({
    data: {
      values: placeNames(
        points.filter(({ cost }) => (place(cost) <= middle ? "right" : "left") === side),
        side,
        reach,
      ),
    },
    mark: {
      type: "text" as const,
      align: side === "right" ? ("left" as const) : ("right" as const),
      baseline: "middle" as const,
      dx: side === "right" ? 10 : -10,
    },
    encoding: {
      x: { ...x, field: "nameX" },
      y: { ...y, field: "nameY" },
      color,
      text: { field: "method", type: "nominal" as const },
    },
  });
  const isOnFront = (point: ParetoPoint): boolean => front.includes(point);
  const described = points.map(
    (point) =>
      `${point.method} ${axis.inWords(point.cost)} and scores ${formatFixed(point.mean, quality.decimals)}${isOnFront(point) ? " (on the front)" : ""}`,
  );
  return {
    description: `${quality.of} against ${axis.title}: ${described.join("; ")}.`,
    spec: {
      ...frame,
      height: HEIGHT,
      layer: [
        {
          data: { values: [...front] },
          mark: {
            type: "line",
            interpolate: "step-after",
            color: mutedInk,
            strokeWidth: 1.3,
            strokeDash: [5, 3],
          },
          encoding: { x, y: { ...y, field: "mean" }, order: { field: "cost", type: "quantitative" } },
        },
        {
          data: { values: [...points] },
          mark: { type: "rule", strokeWidth: 1.4, strokeCap: "round", opacity: 0.55 },
          encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
        },
        {
          data: { values: points.filter((point) => !isOnFront(point)) },
          mark: { type: "point", filled: false, fill: paper, size: 80, opacity: 1, strokeWidth: 1.8 },
          encoding: { x, y: { ...y, field: "mean" }, color, shape },
        },
        {
          data: { values: [...front] },
          mark: { type: "point", filled: true, size: 100, opacity: 1 },
          encoding: { x, y: { ...y, field: "mean" }, color, shape },
        },
        labels("left"),
        labels("right"),
      ],
    },
  };
}

/** Powers of ten, or 1, 2 and 5 of each where the axis spans little. */
function logTicks([low, high]: readonly [number, number]): number[] {
  const steps = high / low > 100 ? [1] : [1, 2, 5];
  const powers = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);
  return powers
    .flatMap((power) => steps.map((step) => step * power))
    .filter((tick) => tick >= low && tick <= high);
}

/**
 * Where names stand: beside their point, outside of all points near it, and one line apart. Their colour, which is the
 * point's, says whose they are.
 *
 * @param near what counts as near: the height of a line in units of the score, and a span of the axis's positions
 */
function placeNames<Point extends { readonly mean: number; readonly cost: number }>(
  points: readonly Point[],
  side: "left" | "right",
  near: {
    readonly lineHeight: number;
    readonly span: number;
    readonly place: (cost: number) => number;
  },
): readonly (Point & { readonly nameX: number; readonly nameY: number })[] {
  const outermost = side === "right" ? Math.max : Math.min;
  const isNear = (a: Point, b: Point): boolean =>
    Math.abs(near.place(a.cost) - near.place(b.cost)) < near.span;
  const placed: (Point & { readonly nameX: number; readonly nameY: number })[] = [];
  for (const point of [...points].sort((a, b) => a.mean - b.mean)) {
    const below = placed.filter((other) => isNear(other, point)).map(({ nameY }) => nameY + near.lineHeight);
    const neighbours = points.filter(
      (other) => isNear(other, point) && Math.abs(other.mean - point.mean) < 2 * near.lineHeight,
    );
    placed.push({
      ...point,
      nameX: outermost(...neighbours.map(({ cost }) => cost)),
      nameY: Math.max(point.mean, ...below),
    });
  }
  return placed;
}
