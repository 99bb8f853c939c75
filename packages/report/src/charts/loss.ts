import type { TaskSummary } from "../aggregate.ts";
import { formatFixed } from "../format.ts";
import type { LossCurve } from "../lossCurve.ts";
import { taskText } from "../origin.ts";
import type { Chart } from "./render.ts";
import { meanCurve, smooth, smoothingWindow } from "./smooth.ts";
import type { MethodMark } from "./theme.ts";
import { frame, ink } from "./theme.ts";

/** Points drawn a line: more than a phone or a printed column has room for. */
const POINTS = 120;

/** Training loss by step: a thin line a seed, a thick one for their mean. Null where no run has a curve. */
export function lossChart(
  task: TaskSummary,
  curves: ReadonlyMap<string, LossCurve>,
  marks: ReadonlyMap<string, MethodMark>,
): Chart | null {
  const smoothed = task.methods.map(({ method, rows }) => ({
    method,
    seeds: rows.flatMap(({ id, seed }) => {
      const points = curves.get(id)?.points ?? [];
      const curve = smooth(points, smoothingWindow(points.length), POINTS);
      return curve.length === 0 ? [] : [{ seed, curve }];
    }),
  }));
  const drawn = smoothed.filter(({ seeds }) => seeds.length > 0);
  if (drawn.length === 0) return null;
  const names = drawn.map(({ method }) => method);
  const lines = drawn.flatMap(({ method, seeds }) =>
    seeds.flatMap(({ seed, curve }) =>
      curve.map((point) => ({ ...point, method, line: `${method} ${seed}` })),
    ),
  );
  const means = drawn.flatMap(({ method, seeds }) =>
    meanCurve(seeds.map(({ curve }) => curve)).map((point) => ({ ...point, method })),
  );
  const encoding = {
    x: {
      field: "step",
      type: "quantitative" as const,
      scale: { nice: false },
      axis: { title: "training step", tickCount: 5, grid: false },
    },
    y: {
      field: "loss",
      type: "quantitative" as const,
      scale: { zero: false },
      axis: { title: "training loss", tickCount: 6, format: "~g", minExtent: 34 },
    },
    color: {
      field: "method",
      type: "nominal" as const,
      scale: { domain: names, range: names.map((name) => marks.get(name)?.color ?? ink) },
      legend: null,
    },
  };
  const ends = drawn.map(({ method }) => {
    const last = means.filter((point) => point.method === method).at(-1);
    return last === undefined ? method : `${method} ends at ${formatFixed(last.loss, 3)}`;
  });
  return {
    description: `Smoothed training loss on ${taskText(task)} by step: ${ends.join("; ")}.`,
    spec: {
      ...frame,
      height: 240,
      layer: [
        {
          data: { values: lines },
          mark: { type: "line", strokeWidth: 0.8, opacity: names.length > 4 ? 0.25 : 0.45 },
          encoding: { ...encoding, detail: { field: "line", type: "nominal" } },
        },
        {
          data: { values: means },
          mark: { type: "line", strokeWidth: 2.2 },
          encoding: {
            ...encoding,
            strokeDash: {
              field: "method",
              type: "nominal",
              scale: { domain: names, range: names.map((name) => [...(marks.get(name)?.dash ?? [])]) },
              legend: null,
            },
          },
        },
      ],
    },
  };
}

/** How many steps each drawn value is the mean of, for every length of run that occurs. */
export function lossWindows(task: TaskSummary, curves: ReadonlyMap<string, LossCurve>): readonly number[] {
  const rows = task.methods.flatMap((method) => method.rows);
  const windows = rows.flatMap(({ id }) => {
    const steps = curves.get(id)?.points.length ?? 0;
    return steps === 0 ? [] : [smoothingWindow(steps)];
  });
  return [...new Set(windows)].sort((a, b) => a - b);
}
