import type { TaskSummary } from "../aggregate.ts";
import { trainableWithHead } from "../aggregate.ts";
import { formatCount, formatScoreWithUnit } from "../format.ts";
import { taskText } from "../origin.ts";
import type { Chart } from "./render.ts";
import type { MethodMark } from "./theme.ts";
import { frame, ink, paddedDomain } from "./theme.ts";

const HEIGHT = 240;
/** Least distance of two names, in pixels. */
const LINE = 15;
/** Share of the width within which a name would run into a neighbour. */
const NEAR = 0.25;

/** Score against what is trained, on a logarithmic axis. Null where no method has both. */
export function tradeoffChart(task: TaskSummary, marks: ReadonlyMap<string, MethodMark>): Chart | null {
  const { factor } = task.scale;
  const points = task.methods.flatMap((summary) => {
    const trained = trainableWithHead(summary);
    const { method, mean, interval } = summary;
    if (mean === null || trained === null || trained === 0) return [];
    const low = (interval?.low ?? mean) * factor;
    const high = (interval?.high ?? mean) * factor;
    return [{ method, trained, mean: mean * factor, low, high, stored: mean }];
  });
  if (points.length === 0) return null;
  const names = points.map(({ method }) => method);
  const exponents = points.map(({ trained }) => Math.log10(trained));
  const domain: [number, number] = [
    10 ** (Math.min(...exponents) - 0.4),
    10 ** (Math.max(...exponents) + 0.4),
  ];
  const scores = paddedDomain(points.flatMap(({ low, high }) => [low, high]));
  const middle = (Math.min(...exponents) + Math.max(...exponents)) / 2;
  const color = {
    field: "method",
    type: "nominal" as const,
    scale: { domain: names, range: names.map((name) => marks.get(name)?.color ?? ink) },
    legend: null,
  };
  const x = {
    field: "trained",
    type: "quantitative" as const,
    scale: { type: "log" as const, domain, nice: false },
    axis: {
      title: "trained parameters, head included (logarithmic)",
      format: "~s",
      values: logTicks(domain),
    },
  };
  const y = {
    type: "quantitative" as const,
    scale: { domain: scores, zero: false, nice: false },
    axis: { title: task.scale.title, tickCount: 6, minExtent: 34 },
  };
  // A name stands on the side where the axis leaves more room.
  const labels = (side: "left" | "right") => ({
    data: {
      values: placeNames(
        points.filter(({ trained }) => (Math.log10(trained) <= middle ? "right" : "left") === side),
        side,
        {
          lineHeight: ((scores[1] - scores[0]) * LINE) / HEIGHT,
          decades: Math.log10(domain[1] / domain[0]) * NEAR,
        },
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
  const described = points.map(
    ({ method, trained, stored }) =>
      `${method} trains ${formatCount(trained)} and scores ${formatScoreWithUnit(stored, task.scale)}`,
  );
  return {
    description: `${task.metric ?? "Score"} on ${taskText(task)} against trained parameters: ${described.join("; ")}.`,
    spec: {
      ...frame,
      height: HEIGHT,
      layer: [
        {
          data: { values: points },
          mark: { type: "rule", strokeWidth: 2, strokeCap: "round" },
          encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
        },
        {
          data: { values: points },
          mark: { type: "point", filled: true, size: 90, opacity: 1 },
          encoding: {
            x,
            y: { ...y, field: "mean" },
            color,
            shape: {
              field: "method",
              type: "nominal",
              scale: { domain: names, range: names.map((name) => marks.get(name)?.shape ?? "circle") },
              legend: null,
            },
          },
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
 * @param near what counts as near: the height of a line in units of the score, and a span of powers of ten
 */
function placeNames<Point extends { readonly mean: number; readonly trained: number }>(
  points: readonly Point[],
  side: "left" | "right",
  near: { readonly lineHeight: number; readonly decades: number },
): readonly (Point & { readonly nameX: number; readonly nameY: number })[] {
  const outermost = side === "right" ? Math.max : Math.min;
  const isNear = (a: Point, b: Point): boolean => Math.abs(Math.log10(a.trained / b.trained)) < near.decades;
  const placed: (Point & { readonly nameX: number; readonly nameY: number })[] = [];
  for (const point of [...points].sort((a, b) => a.mean - b.mean)) {
    const below = placed.filter((other) => isNear(other, point)).map(({ nameY }) => nameY + near.lineHeight);
    const neighbours = points.filter(
      (other) => isNear(other, point) && Math.abs(other.mean - point.mean) < 2 * near.lineHeight,
    );
    placed.push({
      ...point,
      nameX: outermost(...neighbours.map(({ trained }) => trained)),
      nameY: Math.max(point.mean, ...below),
    });
  }
  return placed;
}
