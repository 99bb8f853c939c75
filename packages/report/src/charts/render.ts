import { parse, resetSVGDefIds, View } from "vega";
import type { TopLevelSpec } from "vega-lite";
import { compile } from "vega-lite";
import { escapeHtml } from "../html/escape.ts";
import type { Html } from "../html/html.ts";
import { trustedHtml } from "../html/html.ts";

/** A chart before it is drawn. */
export interface Chart {
  readonly spec: TopLevelSpec;
  /** What a person who cannot see it is told: what is drawn and the figures that matter. */
  readonly description: string;
}

/**
 * Draws a chart as inline SVG. It holds no script and no style attribute, so the page's content security policy can
 * forbid both; text out of the data is escaped by vega.
 *
 * @param id unique in the page: names inside the drawing are prefixed with it
 */
export async function renderChart({ spec, description }: Chart, id: string): Promise<Html> {
  const view = new View(parse(compile(spec).spec), { renderer: "none" });
  // Clip paths are numbered from a counter of the process; the same input shall give the same page.
  resetSVGDefIds();
  const svg = await view.toSVG();
  view.finalize();
  const markup = svg
    // Runtimes differ in the last bit of a logarithm; a hundredth of a pixel is finer than any screen.
    .replace(/ (?:d|transform|x2|y2)="[^"]*"/g, (attribute) =>
      attribute.replace(/-?\d+\.\d{3,}(?:e-?\d+)?/g, round),
    )
    .replace(/ (id="|clip-path="url\(#)((?:clip|gradient|pattern)[\d_]+)/g, ` $1${id}-$2`)
    .replace(
      /^<svg [^>]*class="marks"/,
      `<svg class="chart-drawing" role="img" aria-label="${escapeHtml(description)}"`,
    );
  return trustedHtml(markup);
}

function round(number: string): string {
  return String(Math.round(Number(number) * 100) / 100 + 0);
}
