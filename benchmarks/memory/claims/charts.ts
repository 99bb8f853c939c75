import { savePolicies } from "@peftbench/runtime";
import type { Chart } from "../../reportParts.ts";
import { formatFixed, frame, methodMarks, mutedInk, nameAxis } from "../../reportParts.ts";
import type { CurveAxis, CurvePoint } from "./curves.ts";
import type { RatioPoint } from "./ratios.ts";

export const AXIS_TITLES: Readonly<Record<CurveAxis, string>> = {
  rows: "rows of the batch",
  length: "tokens in a row",
  rank: "rank",
};

const POLICY_MARKS = methodMarks(savePolicies);
export const METHOD_MARKS = methodMarks(["full", "lora", "lamda"]);

/** LoRA's peak over LaMDA's at the base point, a row a model and a mark a save policy. */
export function ratioChart(points: readonly RatioPoint[], claimed: number): Chart {
  const base = points.filter(({ changed }) => changed === null);
  const models = [...new Set(base.map(({ model }) => model))];
  const values = base.map(({ model, savePolicy, ratio }) => ({ model, savePolicy, ratio }));
  const policies = [...POLICY_MARKS.values()];
  const described = models.map((model) => {
    const own = values.filter((value) => value.model === model);
    return `${model} ${own.map(({ savePolicy, ratio }) => `${savePolicy} ${formatFixed(ratio, 2)}`).join(", ")}`;
  });
  const x = {
    type: "quantitative" as const,
    scale: { domain: [0.9, Math.max(1.4, ...values.map(({ ratio }) => ratio)) + 0.02], nice: false },
    axis: { title: "live peak of LoRA / live peak of LaMDA", tickCount: 6 },
  };
  return {
    description: `LoRA's planned live peak over LaMDA's, by model and save policy: ${described.join("; ")}. The claim is ${claimed}.`,
    spec: {
      ...frame,
      height: 30 * models.length,
      layer: [
        ...[1, claimed].map((value) => ({
          data: { values: [{ value }] },
          mark: { type: "rule" as const, color: mutedInk, strokeDash: value === 1 ? [1, 0] : [4, 3] },
          encoding: { x: { ...x, field: "value" } },
        })),
        {
          data: { values },
          mark: { type: "point", filled: true, size: 90 },
          encoding: {
            x: { ...x, field: "ratio" },
            y: {
              field: "model",
              type: "nominal",
              sort: null,
              scale: { domain: models },
              axis: nameAxis(models),
            },
            color: {
              field: "savePolicy",
              type: "nominal",
              scale: {
                domain: policies.map(({ method }) => method),
                range: policies.map(({ color }) => color),
              },
              legend: null,
            },
            shape: {
              field: "savePolicy",
              type: "nominal",
              scale: {
                domain: policies.map(({ method }) => method),
                range: policies.map(({ shape }) => shape),
              },
              legend: null,
            },
          },
        },
      ],
    },
  };
}

export const policyMarks = [...POLICY_MARKS.values()];

/** Peaks along one axis, a line a method, both axes logarithmic. */
export function curveChart(points: readonly CurvePoint[], axis: CurveAxis): Chart {
  const values = points.map(({ method, at, peakLiveBytes }) => ({
    method,
    at,
    megabytes: peakLiveBytes / 1e6,
  }));
  const places = [...new Set(values.map(({ at }) => at))].toSorted((a, b) => a - b);
  const marks = [...METHOD_MARKS.values()].filter(({ method }) =>
    values.some((value) => value.method === method),
  );
  const ends = marks.map(({ method }) => {
    const own = values.filter((value) => value.method === method);
    return `${method} from ${Math.round(own[0]?.megabytes ?? 0)} to ${Math.round(own.at(-1)?.megabytes ?? 0)} MB`;
  });
  const domain = marks.map(({ method }) => method);
  return {
    description: `Planned live peak against ${AXIS_TITLES[axis]}, ${places[0]} to ${places.at(-1)}: ${ends.join("; ")}. The table gives the term that dominates.`,
    spec: {
      ...frame,
      height: 210,
      data: { values },
      mark: { type: "line", point: true, strokeWidth: 2 },
      encoding: {
        x: {
          field: "at",
          type: "quantitative",
          scale: { type: "log", nice: false },
          axis: { title: AXIS_TITLES[axis], values: places, format: "d", grid: false },
        },
        y: {
          field: "megabytes",
          type: "quantitative",
          scale: { type: "log", nice: true },
          axis: { title: "live peak, MB", tickCount: 5, format: "~s" },
        },
        color: {
          field: "method",
          type: "nominal",
          scale: { domain, range: marks.map(({ color }) => color) },
          legend: null,
        },
        strokeDash: {
          field: "method",
          type: "nominal",
          scale: { domain, range: marks.map(({ dash }) => [...dash]) },
          legend: null,
        },
      },
    },
  };
}
