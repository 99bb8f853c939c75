import type { MemoryRole } from "@peftbench/harness";
import type { Config } from "vega-lite";

/** Colours are names of the page's custom properties, so that one drawing serves light, dark and print. */
export const ink = "var(--ink)";
export const mutedInk = "var(--muted)";
const gridInk = "var(--rule)";
export const paper = "var(--paper)";

/** How one method looks in every chart. Never told by colour alone: shape and dash differ too. */
export interface MethodMark {
  readonly method: string;
  readonly color: string;
  readonly shape: string;
  readonly dash: readonly number[];
}

const METHOD_COLORS = 7;

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
  keyValueCache: "keys and values kept",
  savedActivation: "saved activations",
  workspace: "workspace",
  staging: "staging",
};

/** Font sizes in pixels at the drawing's natural size. */
const textSize = 12.5;

const chartConfig: Config = {
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
    // Both go by estimated widths, and would drop or move labels that have room.
    labelOverlap: false,
    labelFlush: false,
  },
  // Beside long names a plot is narrower than its title, which may reach under the names but not out of the page.
  axisX: { titleAnchor: "end" },
  axisY: { domain: false, ticks: false },
  text: { fontSize: textSize, color: ink },
};

/**
 * Width of every chart in pixels, between the 358 of a phone and the 492 of half a page: the page stretches it to its
 * column, so text stays between 10 and 14 pixels.
 */
const chartWidth = 440;

/** Most letters of a method's name beside a bar; the tables give it whole. */
const LABEL_LETTERS = 24;

/** A method's name as it stands inside a drawing. */
export function shortName(name: string): string {
  return name.length > LABEL_LETTERS ? `${name.slice(0, LABEL_LETTERS - 1)}…` : name;
}

/** Height of a row of a drawing by method: the given one, less where methods are many. */
export function rowHeight(rows: number, few: number, least: number): number {
  return Math.max(least, Math.min(few, Math.round(320 / rows)));
}

/** An axis of names to the left. There is no canvas to measure text, so its room is estimated from its length. */
export function nameAxis(names: readonly string[]): NameAxis {
  const longest = Math.min(LABEL_LETTERS, Math.max(0, ...names.map((name) => name.length)));
  return {
    title: null,
    minExtent: Math.round(longest * textSize * 0.55) + 10,
    labelColor: ink,
    labelLimit: 0,
    labelExpr: `length(datum.label) > ${LABEL_LETTERS} ? slice(datum.label, 0, ${LABEL_LETTERS - 1}) + "…" : datum.label`,
  };
}

interface NameAxis {
  readonly title: null;
  readonly minExtent: number;
  readonly labelColor: string;
  readonly labelLimit: number;
  readonly labelExpr: string;
}

/** What every drawing shares: as wide as `chartWidth`, labels included. */
export const frame: Frame = {
  config: chartConfig,
  width: chartWidth,
  autosize: { type: "fit-x", contains: "padding" },
};

interface Frame {
  readonly config: Config;
  readonly width: number;
  readonly autosize: { readonly type: "fit-x"; readonly contains: "padding" };
}

/** The span of the values and a margin, so that no mark is cut in half at the edge. */
export function paddedDomain(values: readonly number[]): [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const margin = (high - low) * 0.06 || Math.max(Math.abs(high) * 0.01, 0.5);
  return [low - margin, high + margin];
}
