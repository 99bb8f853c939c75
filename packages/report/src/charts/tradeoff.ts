import { formatFixed } from "../format.ts";
import type { CostAxis, ParetoPoint } from "./pareto.ts";
import { paretoFront } from "./pareto.ts";
import type { Segment } from "./placeNames.ts";
import { placeNames } from "./placeNames.ts";
import type { Chart } from "./render.ts";
import type { MethodMark } from "./theme.ts";
import { frame, ink, mutedInk, paddedDomain, paper, shortName } from "./theme.ts";

/** Inner width of the plot, as `frame` leaves it beside the axis. */
const WIDTH = 372;
/** How far beyond the means an interval is drawn, as a share of their span, before it is cut off. */
const REACH = 0.5;

/** What the vertical axis says. */
export interface QualityAxis {
  readonly title: string;
  readonly decimals: number;
  readonly higherIsBetter: boolean;
  /** What the scores are of: `accuracy on sst2`. */
  readonly of: string;
}

/** Score against cost with the Pareto front. Null where no method has both. */
export function paretoChart(
  points: readonly ParetoPoint[],
  axis: CostAxis,
  quality: QualityAxis,
  marks: ReadonlyMap<string, MethodMark>,
): Chart | null {
  if (points.length === 0) return null;
  const front = paretoFront(points, quality.higherIsBetter);
  const beaten = points.filter((point) => !front.includes(point));
  const methods = points.map(({ method }) => method);
  const plot = plotOf(points, axis);
  const nominal = (range: readonly string[]) => ({
    field: "method",
    type: "nominal" as const,
    scale: { domain: methods, range: [...range] },
    legend: null,
  });
  const color = nominal(methods.map((method) => marks.get(method)?.color ?? ink));
  const shape = nominal(methods.map((method) => marks.get(method)?.shape ?? "circle"));
  const x = {
    field: "cost",
    type: "quantitative" as const,
    scale: axis.isLogarithmic
      ? { type: "log" as const, domain: plot.costs, nice: false }
      : { domain: plot.costs, nice: false, zero: false },
    axis: axis.isLogarithmic
      ? { title: axis.title, format: "~s", values: logTicks(plot.costs) }
      : { title: axis.title, tickCount: 5 },
  };
  const y = {
    type: "quantitative" as const,
    scale: { domain: plot.scores, zero: false, nice: false },
    axis: { title: quality.title, tickCount: 6, minExtent: 34 },
  };
  const named = namesIn(plot, points, front);
  const described = points.map(
    (point) =>
      `${point.method} ${axis.inWords(point.cost)} and scores ${formatFixed(point.mean, quality.decimals)}${front.includes(point) ? " (on the front)" : ""}`,
  );
  return {
    description: `${quality.of} against ${axis.title}: ${described.join("; ")}.`,
    spec: {
      ...frame,
      height: plot.height,
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
          mark: { type: "rule", strokeWidth: 1.4, strokeCap: "round", opacity: 0.55, clip: true },
          encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
        },
        {
          data: { values: named.flatMap(({ method, leader }) => (leader ? [{ method, ...leader }] : [])) },
          mark: { type: "rule", strokeWidth: 0.8, opacity: 0.7 },
          encoding: {
            x: { ...x, field: "cost" },
            x2: { field: "nameCost" },
            y: { ...y, field: "score" },
            y2: { field: "nameScore" },
            color,
          },
        },
        {
          data: { values: beaten },
          mark: { type: "point", filled: false, fill: paper, size: 80, opacity: 1, strokeWidth: 1.8 },
          encoding: { x, y: { ...y, field: "mean" }, color, shape },
        },
        {
          data: { values: [...front] },
          mark: { type: "point", filled: true, size: 100, opacity: 1 },
          encoding: { x, y: { ...y, field: "mean" }, color, shape },
        },
        {
          data: { values: named.map(({ method, name, cost, score }) => ({ method, name, cost, score })) },
          mark: { type: "text", align: "left", baseline: "middle" },
          encoding: { x, y: { ...y, field: "score" }, color, text: { field: "name", type: "nominal" } },
        },
      ],
    },
  };
}

/** Spans of both axes, and where values lie in pixels. */
interface Plot {
  readonly height: number;
  readonly costs: [number, number];
  readonly scores: [number, number];
  readonly xOf: (cost: number) => number;
  readonly yOf: (score: number) => number;
  readonly costAt: (x: number) => number;
  readonly scoreAt: (y: number) => number;
}

function plotOf(points: readonly ParetoPoint[], { isLogarithmic }: CostAxis): Plot {
  const place = (cost: number): number => (isLogarithmic ? Math.log10(cost) : cost);
  const unplace = (position: number): number => (isLogarithmic ? 10 ** position : position);
  const positions = points.map(({ cost }) => place(cost));
  const [least, most] = [Math.min(...positions), Math.max(...positions)];
  const margin = isLogarithmic ? 0.4 : (most - least) * 0.14 || most * 0.1;
  const [left, right] = [least - margin, most + margin];
  const height = points.length > 6 ? 300 : 240;
  const [bottom, top] = scoreDomain(points);
  return {
    height,
    costs: [unplace(left), unplace(right)],
    scores: [bottom, top],
    xOf: (cost) => ((place(cost) - left) / (right - left)) * WIDTH,
    yOf: (score) => ((top - score) / (top - bottom)) * height,
    costAt: (x) => unplace(left + (x / WIDTH) * (right - left)),
    scoreAt: (y) => top - (y / height) * (top - bottom),
  };
}

/** Means whole, and intervals as far as the usual one reaches: a single wide one shall not flatten all others. */
function scoreDomain(points: readonly ParetoPoint[]): [number, number] {
  const [low, high] = paddedDomain(points.map(({ mean }) => mean));
  const halves = points.flatMap((each) => (each.high > each.low ? [(each.high - each.low) / 2] : []));
  const usual = halves.toSorted((a, b) => a - b)[Math.floor(halves.length / 2)] ?? 0;
  const reach = Math.max((high - low) * REACH, usual * 1.1);
  const whole = paddedDomain(points.flatMap((each) => [each.low, each.high]));
  return [Math.min(low, Math.max(whole[0], low - reach)), Math.max(high, Math.min(whole[1], high + reach))];
}

/** A name and its place in units of the axes. */
interface NameInPlot {
  readonly method: string;
  readonly name: string;
  readonly cost: number;
  readonly score: number;
  /** From the point to the name, where it stands apart. */
  readonly leader: {
    readonly cost: number;
    readonly score: number;
    readonly nameCost: number;
    readonly nameScore: number;
  } | null;
}

function namesIn(
  { height, xOf, yOf, costAt, scoreAt }: Plot,
  points: readonly ParetoPoint[],
  front: readonly ParetoPoint[],
): readonly NameInPlot[] {
  const steps = front.slice(1).flatMap((point, index): readonly Segment[] => {
    const before = front[index] ?? point;
    const [x1, y1, x2, y2] = [xOf(before.cost), yOf(before.mean), xOf(point.cost), yOf(point.mean)];
    return [
      { x1, y1, x2, y2: y1 },
      { x1: x2, y1, x2, y2 },
    ];
  });
  const intervals = points.map(({ cost, low, high }) => ({
    x1: xOf(cost),
    y1: yOf(high),
    x2: xOf(cost),
    y2: yOf(low),
  }));
  const placed = placeNames(
    points.map(({ method, cost, mean }) => ({ name: shortName(method), x: xOf(cost), y: yOf(mean) })),
    { width: WIDTH, height },
    [...steps, ...intervals],
  );
  return points.flatMap(({ method, cost, mean }, index) => {
    const place = placed[index];
    if (place === undefined) return [];
    const { name, x, y, leader } = place;
    return {
      method,
      name,
      cost: costAt(x),
      score: scoreAt(y),
      leader:
        leader === null
          ? null
          : { cost, score: mean, nameCost: costAt(leader.x2), nameScore: scoreAt(leader.y2) },
    };
  });
}

/** Powers of ten, or 1, 2 and 5 of each where the axis spans little. */
function logTicks([low, high]: readonly [number, number]): number[] {
  const steps = high / low > 100 ? [1] : [1, 2, 5];
  const powers = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);
  return powers
    .flatMap((power) => steps.map((step) => step * power))
    .filter((tick) => tick >= low && tick <= high);
}
