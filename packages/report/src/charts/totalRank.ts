import { formatCount, formatRank } from "../format.ts";
import type { RankPanel } from "../ranks.ts";
import type { Chart } from "./render.ts";
import { frame, ink, mutedInk } from "./theme.ts";

/** Ranks summed over all modules, from step to step, beside the budget where the configuration names one. */
export function totalRankChart({ moments, budget, taskList }: RankPanel, method: string): Chart {
  const first = moments[0];
  const last = moments.at(-1);
  const labelled = [first, last].flatMap((moment, index) =>
    moment === undefined
      ? []
      : [
          {
            ...moment,
            text: `${formatRank(moment.totalRank)}, ${formatCount(moment.parameters)} parameters`,
            side: index,
          },
        ],
  );
  const top = Math.max(budget ?? 0, ...moments.map(({ totalRank }) => totalRank));
  const x = {
    type: "quantitative" as const,
    scale: { nice: false, domain: [0, last?.step ?? 1] },
    axis: { title: "training step", tickCount: 5, grid: false },
  };
  const y = {
    type: "quantitative" as const,
    // Room for the text above the first moment.
    scale: { domain: [0, top * 1.15], nice: false },
    axis: { title: "total rank", tickCount: 4, minExtent: 34 },
  };
  const label = (side: number, align: "left" | "right", dy: number) => ({
    data: { values: labelled.filter((each) => each.side === side) },
    mark: {
      type: "text" as const,
      align,
      baseline: "bottom" as const,
      dy,
      dx: side === 0 ? 4 : -2,
      color: ink,
    },
    encoding: {
      x: { ...x, field: "step" },
      y: { ...y, field: "totalRank" },
      text: { field: "text", type: "nominal" as const },
    },
  });
  const budgets =
    budget === null ? [] : [{ step: 0, totalRank: budget, text: `budget ${formatRank(budget)}` }];
  return {
    description: `Total rank by ${method} on ${taskList} over training: ${labelled
      .map(({ step, text }) => `${text} after step ${step}`)
      .join(
        "; ",
      )}${budget === null ? "" : `; the budget is ${formatRank(budget)}`}. The table below gives every moment.`,
    spec: {
      ...frame,
      height: 170,
      layer: [
        {
          data: { values: budgets },
          mark: { type: "rule", strokeDash: [2, 4], color: mutedInk },
          encoding: { y: { ...y, field: "totalRank" } },
        },
        {
          data: { values: budgets },
          mark: { type: "text", align: "left", baseline: "top", dx: 4, dy: 5, color: mutedInk },
          encoding: {
            x: { ...x, field: "step" },
            y: { ...y, field: "totalRank" },
            text: { field: "text", type: "nominal" },
          },
        },
        {
          data: { values: [...moments] },
          mark: { type: "line", strokeWidth: 2.2, color: "var(--heat)" },
          encoding: { x: { ...x, field: "step" }, y: { ...y, field: "totalRank" } },
        },
        {
          data: { values: [...moments] },
          mark: { type: "point", filled: true, size: 26, opacity: 1, color: "var(--heat)" },
          encoding: { x: { ...x, field: "step" }, y: { ...y, field: "totalRank" } },
        },
        label(0, "left", -6),
        label(1, "right", -8),
      ],
    },
  };
}
