import type { MethodSummary, TaskSummary } from "../aggregate.ts";
import { formatScore, formatScoreWithUnit, plural } from "../format.ts";
import { taskText } from "../origin.ts";
import type { Chart } from "./render.ts";
import type { MethodMark } from "./theme.ts";
import { frame, ink, mutedInk, nameAxis, paddedDomain, rowHeight } from "./theme.ts";

/** Score by method: a dot a seed, the mean, and the interval of the mean. */
export function qualityChart(task: TaskSummary, marks: ReadonlyMap<string, MethodMark>): Chart {
  const scored = task.methods.filter(({ mean }) => mean !== null);
  const { factor } = task.scale;
  const names = scored.map(({ method }) => method);
  // No accuracy or correlation leaves -1..1, whatever the t interval of a few seeds says.
  const within = (score: number): number => (factor === 100 ? Math.max(-100, Math.min(100, score)) : score);
  const means = scored.map(({ method, mean, interval }) => ({
    method,
    mean: (mean ?? 0) * factor,
    low: within((interval?.low ?? mean ?? 0) * factor),
    high: within((interval?.high ?? mean ?? 0) * factor),
  }));
  const seeds = scored.flatMap(({ method, rows }) =>
    rows.flatMap(({ value }) => (value === null ? [] : [{ method, value: value * factor }])),
  );
  const values = [...seeds.map(({ value }) => value), ...means.flatMap(({ low, high }) => [low, high])];
  const domain = paddedDomain(values);
  const baselines = task.baselines
    .map(({ name, value }) => ({ name, value: value * factor }))
    .filter(({ value }) => value >= domain[0] && value <= domain[1]);
  const y = {
    field: "method",
    type: "nominal" as const,
    sort: null,
    scale: { domain: names },
    axis: nameAxis(names),
  };
  const x = {
    type: "quantitative" as const,
    scale: { domain, nice: false, zero: false },
    axis: {
      title: `${task.scale.title}, on the dev split of ${taskText(task)}`,
      tickCount: 5,
    },
  };
  const color = {
    field: "method",
    type: "nominal" as const,
    scale: { domain: names, range: names.map((name) => marks.get(name)?.color ?? ink) },
    legend: null,
  };
  return {
    description: describe(task, scored),
    spec: {
      ...frame,
      height: rowHeight(names.length, 52, 34) * names.length,
      layer: [
        {
          data: { values: baselines },
          mark: { type: "rule", strokeDash: [2, 4], color: mutedInk },
          encoding: { x: { ...x, field: "value" } },
        },
        {
          data: { values: means },
          mark: { type: "rule", strokeWidth: 2, strokeCap: "round", yOffset: 6 },
          encoding: { y, color, x: { ...x, field: "low" }, x2: { field: "high" } },
        },
        {
          data: { values: means },
          mark: { type: "point", filled: true, size: 90, opacity: 1, yOffset: 6, shape: "diamond" },
          encoding: { y, color, x: { ...x, field: "mean" } },
        },
        {
          data: { values: seeds },
          mark: { type: "point", size: 38, opacity: 0.9, strokeWidth: 1.5, yOffset: -9 },
          encoding: { y, color, x: { ...x, field: "value" } },
        },
      ],
    },
  };
}

function describe(task: TaskSummary, scored: readonly MethodSummary[]): string {
  const each = scored.map(({ method, mean, interval, scored: seeds }) => {
    const range =
      interval === null
        ? "no interval"
        : `95% interval ${formatScore(interval.low, task.scale)} to ${formatScore(interval.high, task.scale)}`;
    return `${method} ${formatScoreWithUnit(mean ?? 0, task.scale)} (${range}, ${plural(seeds, "seed")})`;
  });
  return `Mean ${task.metric ?? "score"} on ${taskText(task)} by method: ${each.join("; ")}.`;
}
