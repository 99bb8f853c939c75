import type { TaskSummary } from "../aggregate.ts";
import { trainableWithHead } from "../aggregate.ts";
import { formatCount, formatScoreWithUnit } from "../format.ts";
import type { Chart } from "./render.ts";
import type { ChartWidth, MethodMark } from "./theme.ts";
import { chartConfig, chartWidths, ink } from "./theme.ts";

/** Score against what is trained, on a logarithmic axis. Null where no method has both. */
export function tradeoffChart(
  task: TaskSummary,
  marks: ReadonlyMap<string, MethodMark>,
  width: ChartWidth,
): Chart | null {
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
  const domain = [10 ** (Math.min(...exponents) - 0.35), 10 ** (Math.max(...exponents) + 0.35)];
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
      tickCount: width === "wide" ? 6 : 3,
      grid: true,
    },
  };
  const y = {
    type: "quantitative" as const,
    scale: { zero: false },
    axis: { title: task.scale.title, tickCount: 6, minExtent: 34 },
  };
  // A name stands on the side where the axis leaves more room.
  const labels = (side: "left" | "right") => ({
    data: {
      values: points.filter(({ trained }) => (Math.log10(trained) <= middle ? "right" : "left") === side),
    },
    mark: {
      type: "text" as const,
      align: side === "right" ? ("left" as const) : ("right" as const),
      baseline: "middle" as const,
      dx: side === "right" ? 10 : -10,
      color: ink,
    },
    encoding: { x, y: { ...y, field: "mean" }, text: { field: "method", type: "nominal" as const } },
  });
  const described = points.map(
    ({ method, trained, stored }) =>
      `${method} trains ${formatCount(trained)} and scores ${formatScoreWithUnit(stored, task.scale)}`,
  );
  return {
    description: `${task.metric ?? "Score"} on ${task.task} against trained parameters: ${described.join("; ")}.`,
    spec: {
      config: chartConfig,
      width: chartWidths[width],
      autosize: { type: "fit-x", contains: "padding" },
      height: width === "wide" ? 260 : 220,
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
