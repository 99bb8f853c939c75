import { isWide, layerName, layersOf } from "../charts/rankHeatMap.ts";
import { formatCount, formatRank } from "../format.ts";
import { groupBy } from "../groupBy.ts";
import { figure } from "../html/figure.ts";
import type { Html } from "../html/html.ts";
import { html } from "../html/html.ts";
import type { RankPanel } from "../ranks.ts";

/** The heat map as text: a row a kind of module, a column a layer. */
export function rankTable(panel: RankPanel, name: string): Html {
  const layers = layersOf(panel);
  const kinds = groupBy(panel.modules, ({ kind }) => kind);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Ranks of ${name}">
<table class="ranks${isWide(panel) ? " many" : null}">
<caption><span class="caption">Final ranks by kind of module and layer. Hold the names of kinds against the modules' own below.</span></caption>
<thead><tr><th scope="col">Layer</th>${layers.map((layer) => html`<th scope="col">${layerName(layer)}</th>`)}</tr></thead>
<tbody>${kinds.map(
    (modules) => html`<tr><th scope="row">${modules[0]?.kind ?? ""}</th>${layers.map((layer) => {
      const found = modules.find((each) => each.layer === layer);
      return found === undefined
        ? html`<td></td>`
        : html`<td data-module="${found.module}">${figure("rank", found.rank, formatRank)}</td>`;
    })}</tr>
`,
  )}</tbody>
</table></div>
<p class="note">${kinds.map(
    (modules, index) =>
      html`${index === 0 ? "" : "; "}${modules[0]?.kind ?? ""}: <code>${modules[0]?.pattern ?? ""}</code>`,
  )}.</p>
`;
}

/** The sums over all modules, moment by moment. */
export function momentTable({ moments, modules, budget }: RankPanel, name: string): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Total rank of ${name} over training">
<table class="moments">
<caption><span class="caption">Ranks over training${budget === null ? null : `; the budget is a total of ${formatRank(budget)}`}. Parameters are those that paths of these ranks are made of.</span></caption>
<thead><tr><th scope="col">After step</th><th scope="col">total rank</th><th scope="col">average</th><th scope="col">parameters</th></tr></thead>
<tbody>${moments.map(
    ({ step, totalRank, parameters }) =>
      html`<tr><th scope="row">${formatCount(step)}</th><td>${figure("total-rank", totalRank, formatRank)}</td><td>${formatRank(totalRank / modules.length)}</td><td>${figure("parameters", parameters, formatCount)}</td></tr>
`,
  )}</tbody>
</table></div>
`;
}
