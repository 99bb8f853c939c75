import { formatRank, NONE } from "../format.ts";
import type { RankPanel } from "../ranks.ts";
import { totalRank } from "../ranks.ts";
import type { Chart } from "./render.ts";
import { frame, ink, nameAxis, paper } from "./theme.ts";

/** Narrowest cell in pixels that has room for its number. */
const CELL_WIDTH = 25;
/** As strong as the colour may get with the number still readable on it. */
const STRONGEST = 0.6;

/** Lowest and highest rank of all panels that share a scale. */
export type RankSpan = readonly [low: number, high: number];

/**
 * Final ranks, kinds of module by layers: stronger colour is more rank, and every cell has its number. Drawings of
 * many layers are wider than the page's column.
 */
export function rankHeatMap(panel: RankPanel, method: string, [low, high]: RankSpan): Chart {
  const kinds = [...new Set(panel.modules.map(({ kind }) => kind))];
  const layers = layersOf(panel).map(layerName);
  const axis = nameAxis(kinds);
  const encoding = {
    x: {
      field: "layer",
      type: "ordinal" as const,
      sort: null,
      scale: { domain: layers },
      axis: { title: "layer", domain: false, ticks: false, labelAngle: 0, labelPadding: 4 },
    },
    y: { field: "kind", type: "nominal" as const, sort: null, scale: { domain: kinds }, axis },
  };
  return {
    description: `Final ranks by ${method}, from ${formatRank(low)} (faintest) to ${formatRank(high)} (strongest): ${kinds
      .map((kind) => `${kind} ${describeKind(panel, kind)}`)
      .join("; ")}; total ${formatRank(totalRank(panel))}. The table below gives every rank.`,
    spec: {
      ...frame,
      width: Math.max(frame.width, axis.minExtent + layers.length * CELL_WIDTH + 14),
      height: 30 * kinds.length,
      data: {
        values: panel.modules.map(({ kind, layer, rank }) => ({
          kind,
          layer: layerName(layer),
          strength: high === low ? STRONGEST / 2 : 0.05 + ((rank - low) / (high - low)) * (STRONGEST - 0.05),
          text: formatRank(rank),
        })),
      },
      layer: [
        {
          mark: { type: "rect", color: "var(--heat)", stroke: paper, strokeWidth: 1.5 },
          encoding: {
            ...encoding,
            fillOpacity: { field: "strength", type: "quantitative", scale: null, legend: null },
          },
        },
        {
          mark: { type: "text", fontSize: 11, color: ink },
          encoding: { ...encoding, text: { field: "text", type: "nominal" } },
        },
      ],
    },
  };
}

/** Whether the drawing has more layers than the page's column has room for. */
export function isWide(panel: RankPanel): boolean {
  return layersOf(panel).length > 13;
}

/** Numbered layers in their order; null at the end where modules stand outside of them. */
export function layersOf({ modules }: RankPanel): readonly (number | null)[] {
  const distinct = [...new Set(modules.map(({ layer }) => layer))];
  return distinct.sort((a, b) => (a ?? Number.MAX_SAFE_INTEGER) - (b ?? Number.MAX_SAFE_INTEGER));
}

export function layerName(layer: number | null): string {
  return layer === null ? NONE : String(layer);
}

function describeKind({ modules }: RankPanel, kind: string): string {
  const ranks = modules.flatMap((each) => (each.kind === kind ? [each.rank] : []));
  const [least, most] = [Math.min(...ranks), Math.max(...ranks)];
  return least === most ? formatRank(least) : `${formatRank(least)} to ${formatRank(most)}`;
}
