import type { MemoryRole } from "@peftbench/harness";
import type { Config } from "vega-lite";

/** Colours are names of the page's custom properties, so that one drawing serves light, dark and print. */
export const ink = "var(--ink)";
export const mutedInk = "var(--muted)";
export const gridInk = "var(--rule)";
export const paper = "var(--paper)";

/** How one method looks in every chart. Never told by colour alone: shape and dash differ too. */
export interface MethodMark {
  readonly method: string;
  readonly color: string;
  readonly shape: string;
  readonly dash: readonly number[];
}

export const METHOD_COLORS = 7;

const shapes = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"];
const dashes = [
  [1, 0],
  [6, 3],
  [2, 3],
  [9, 3, 2, 3],
  [12, 4],
];

/** Marks by method, in the order of names so that a method keeps its colour from chart to chart. */
export function methodMarks(methods: readonly string[]): ReadonlyMap<string, MethodMark> {
  const names = [...new Set(methods)].sort();
  return new Map(
    names.map((method, index) => [
      method,
      {
        method,
        color: `var(--method-${index % METHOD_COLORS})`,
        shape: shapes[index % shapes.length] ?? "circle",
        dash: dashes[index % dashes.length] ?? [1, 0],
      },
    ]),
  );
}

/** `savedActivation` as `var(--role-saved-activation)`. */
export function roleColor(role: MemoryRole): string {
  return `var(--role-${role.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)})`;
}

export const roleTitles: Readonly<Record<MemoryRole, string>> = {
  baseWeight: "base weights",
  adapterWeight: "adapter weights",
  head: "task head",
  gradient: "gradients",
  optimizerState: "optimizer state",
  savedActivation: "saved activations",
  workspace: "workspace",
  staging: "staging",
};

/** Font sizes in pixels at the drawing's natural size. */
const textSize = 12;

export const chartConfig: Config = {
  // The figure around the drawing has one description; vega's own, a mark at a time, would only repeat numbers.
  aria: false,
  background: "transparent",
  font: "inherit",
  padding: { left: 2, right: 8, top: 4, bottom: 4 },
  view: { stroke: "transparent" },
  axis: {
    domainColor: gridInk,
    gridColor: gridInk,
    tickColor: gridInk,
    labelColor: mutedInk,
    titleColor: mutedInk,
    labelFontSize: textSize,
    titleFontSize: textSize,
    titleFontWeight: "normal",
    titlePadding: 8,
    labelPadding: 6,
  },
  axisY: { domain: false, ticks: false },
  text: { fontSize: textSize, color: ink },
};

/** How wide a chart is drawn: `wide` for a whole row of the page, `narrow` for phones and for charts side by side. */
export const chartWidths = { wide: 720, narrow: 348 } as const;
export type ChartWidth = keyof typeof chartWidths;

/** Room to the left for names of methods: there is no canvas to measure text, so it is estimated from its length. */
export function labelExtent(labels: readonly string[], width: ChartWidth): number {
  const longest = Math.max(0, ...labels.map((label) => label.length));
  return Math.min(Math.round(longest * textSize * 0.56) + 10, chartWidths[width] * 0.42);
}
