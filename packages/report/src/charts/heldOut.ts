import type { TaskSummary } from "../aggregate.ts";
import { formatFixed } from "../format.ts";
import type { LossCurve } from "../lossCurve.ts";
import { taskText } from "../origin.ts";
import type { Chart } from "./render.ts";
import { meanCurve } from "./smooth.ts";
import type { MethodMark } from "./theme.ts";
import { frame, ink } from "./theme.ts";

interface ScorePoint {
  readonly step: number;
  readonly score: number;
}

/** The task's metric on held-out rows by step. Null unless some run was scored at two steps or more. */
export function heldOutChart(
  task: TaskSummary,
  curves: ReadonlyMap<string, LossCurve>,
  marks: ReadonlyMap<string, MethodMark>,
): Chart | null {
  const { factor } = task.scale;
  const drawn = task.methods.flatMap(({ method, rows }) => {
    const seeds = rows.flatMap(({ id, seed }) => {
      const points = (curves.get(id)?.evaluations ?? []).flatMap(({ step, metric, value }): ScorePoint[] =>
        metric === task.metric && value !== null ? [{ step, score: value * factor }] : [],
      );
      return points.length < 2 ? [] : [{ seed, points }];
    });
    return seeds.length === 0 ? [] : [{ method, seeds }];
  });
  if (drawn.length === 0) return null;
  const names = drawn.map(({ method }) => method);
  const lines = drawn.flatMap(({ method, seeds }) =>
    seeds.flatMap(({ seed, points }) =>
      points.map((point) => ({ ...point, method, line: `${method} ${seed}` })),
    ),
  );
  const means = drawn.flatMap(({ method, seeds }) =>
    meanCurve(seeds.map(({ points }) => points.map(({ step, score }) => ({ step, loss: score })))).map(
      ({ step, loss: score }) => ({ step, score, method }),
    ),
  );
  const encoding = {
    x: {
      field: "step",
      type: "quantitative" as const,
      scale: { nice: false },
      axis: { title: "training step", tickCount: 5, grid: false },
    },
    y: {
      field: "score",
      type: "quantitative" as const,
      scale: { zero: false },
      axis: { title: `${task.scale.title}, held-out rows`, tickCount: 6, minExtent: 34 },
    },
    color: {
      field: "method",
      type: "nominal" as const,
      scale: { domain: names, range: names.map((name) => marks.get(name)?.color ?? ink) },
      legend: null,
    },
  };
  const ends = names.map((method) => {
    const last = means.filter((point) => point.method === method).at(-1);
    return last === undefined ? method : `${method} ends at ${formatFixed(last.score, task.scale.decimals)}`;
  });
  return {
    description: `${task.metric ?? "Score"} on held-out rows of train of ${taskText(task)} by step: ${ends.join("; ")}.`,
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
          mark: { type: "line", strokeWidth: 2.2, point: { size: 24, filled: true } },
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
