import type { MethodPart } from "./layerCases.ts";

/** What section 15 of `methods.md` says is saved for backward for each adapted weight, by method. */
const SAVED: Readonly<Record<string, readonly string[]>> = {
  full: ["x"],
  lora: ["x", "h"],
  "lora-fa": ["h"],
  "lora-xs": ["h"],
  adalora: ["x", "h"],
  bitfit: [],
};

/** LaMDA's two phases, and LaMDA++'s, which is LaMDA with other ranks. */
const PHASES = {
  first: { row: "LaMDA phase 1", saved: ["h", "u"] },
  second: { row: "LaMDA phase 2", saved: ["h"] },
} as const;

export interface SectionRow {
  readonly row: string;
  readonly saved: readonly string[];
}

/** The row of a method's stage; null for a method without one. */
export function sectionFifteen({ method, title, stage }: MethodPart): SectionRow | null {
  if (method === "lamda" || method === "lamda-plus-plus") {
    // In the second phase the cores, which are square, train alone.
    const isSecond = stage.parameters
      .filter(({ trainable }) => trainable)
      .every(({ shape: [rows, columns] }) => rows === columns);
    return isSecond ? PHASES.second : PHASES.first;
  }
  const saved = SAVED[method];
  return saved === undefined ? null : { row: title, saved };
}

/** How what the graph's gradients read differs from the row: `agrees`, or what is more and what is less. */
export function compareWithRow(row: SectionRow | null, needed: readonly string[]): string {
  if (row === null) return needed.length === 0 ? "no row; needs nothing" : "no row";
  const more = needed.filter((symbol) => !row.saved.includes(symbol));
  const less = row.saved.filter((symbol) => !needed.includes(symbol));
  if (more.length + less.length === 0) return "agrees";
  const parts = [...more.map((symbol) => `${symbol} more`), ...less.map((symbol) => `${symbol} less`)];
  return `differs: ${parts.join(", ")}`;
}
