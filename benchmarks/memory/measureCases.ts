import type { SavePolicy } from "@peftbench/runtime";
import type { KeptInLayer } from "./keptInLayer.ts";
import type { LayerCase } from "./layerCases.ts";
import { frozenLayer, keptBy, methodParts } from "./layerCases.ts";
import type { SectionRow } from "./sectionFifteen.ts";
import { compareWithRow, sectionFifteen } from "./sectionFifteen.ts";

/** Under `layer` there is nothing to tell apart: a layer keeps its input, whatever the method. */
export const comparedPolicies = ["eager", "recompute"] as const satisfies readonly SavePolicy[];

/** What one part of a method's training keeps of one layer under one save policy. Bytes. */
export interface MeasuredPart extends LayerCase {
  readonly savePolicy: SavePolicy;
  readonly method: string;
  readonly title: string;
  readonly section15: SectionRow | null;
  /** What the gradients of the trained linear modules' parameters read; the same for all of them, else one entry each. */
  readonly needs: readonly string[];
  readonly check: string;
  /** What the layer keeps beyond the frozen layer, under the same policy. */
  readonly beyondFrozenBytes: number;
  readonly kept: KeptInLayer;
}

/** The frozen layer, then every part of every method, under each of the compared save policies. */
export function measureCase(layerCase: LayerCase): readonly MeasuredPart[] {
  return comparedPolicies.flatMap((savePolicy) => {
    const frozen = keptBy(frozenLayer, layerCase, savePolicy);
    return [frozenLayer, ...methodParts(layerCase)].map((part): MeasuredPart => {
      const kept = part === frozenLayer ? frozen : keptBy(part, layerCase, savePolicy);
      const row = sectionFifteen(part);
      const needs = neededSymbols(kept);
      return {
        ...layerCase,
        savePolicy,
        method: part.method,
        title: part.title,
        section15: row,
        needs: needs.map((symbols) => symbols.join(", ") || "nothing"),
        check: [...new Set(needs.map((symbols) => compareWithRow(row, symbols)))].join("; "),
        beyondFrozenBytes: kept.totalBytes - frozen.totalBytes,
        kept,
      };
    });
  });
}

/** The symbols that the modules need, distinct sets of them: one where all modules are alike. */
export function neededSymbols({ modules }: Pick<KeptInLayer, "modules">): readonly (readonly string[])[] {
  if (modules.length === 0) return [[]];
  const sets = modules.map(({ needs }) =>
    needs.flatMap(({ symbol }) => (symbol === null ? [] : [symbol])).toSorted(bySymbol),
  );
  return [...new Map(sets.map((set) => [set.join(), set])).values()];
}

/** `x` before `h` and `u`, as section 15 writes them. */
function bySymbol(a: string, b: string): number {
  const order = ["x", "h", "u"];
  return order.indexOf(a) - order.indexOf(b) || a.localeCompare(b);
}
