import type { TaskSummary } from "../aggregate.ts";
import type { RankSpan } from "../charts/rankHeatMap.ts";
import { isWide, rankHeatMap } from "../charts/rankHeatMap.ts";
import { renderChart } from "../charts/render.ts";
import { totalRankChart } from "../charts/totalRank.ts";
import { formatRank, listInWords, plural } from "../format.ts";
import { groupBy } from "../groupBy.ts";
import type { Html } from "../html/html.ts";
import { html } from "../html/html.ts";
import type { MethodRanks, RankPanel } from "../ranks.ts";
import { summarizeRanks, totalRank, uniformRank } from "../ranks.ts";
import { momentTable, rankTable } from "./rankTables.ts";

/** Who got which rank: drawn where ranks differ or change, in a sentence where they do not. Null without any. */
export async function ranksSection(tasks: readonly TaskSummary[]): Promise<Html | null> {
  const methods = summarizeRanks(tasks);
  if (methods.length === 0) return null;
  const drawn: Html[] = [];
  for (const method of methods) {
    if (uniformRank(method) === null) drawn.push(await methodFigures(method, `rank-${drawn.length}`));
  }
  return html`<section aria-labelledby="ranks">
<h2 id="ranks">Ranks</h2>
${groupBy(methods, ({ model }) => model).map(uniformSentence)}${drawn.length === 0 ? null : html`<div class="panels">\n${drawn}</div>\n`}</section>
`;
}

/** `lora has rank 8 in each of 72 modules, from the first step to the last.` */
function uniformSentence(methods: readonly MethodRanks[]): Html | null {
  const phrases = methods.flatMap((method) => {
    const rank = uniformRank(method);
    if (rank === null) return [];
    const modules = new Set(method.panels.map((panel) => panel.modules.length));
    return [
      `${method.method} has rank ${formatRank(rank)} in each of ${listInWords([...modules].map(String))} modules`,
    ];
  });
  if (phrases.length === 0) return null;
  return html`<p>The same rank everywhere, from the first step to the last (${methods[0]?.model ?? ""}): ${phrases.join("; ")}.</p>
`;
}

async function methodFigures(ranks: MethodRanks, id: string): Promise<Html> {
  const { model, method, changes, panels } = ranks;
  const all = panels.flatMap(({ modules }) => modules.map(({ rank }) => rank));
  const span: RankSpan = [Math.min(...all), Math.max(...all)];
  const figures: Html[] = [];
  for (const [index, panel] of panels.entries()) {
    const map = await renderChart(rankHeatMap(panel, method, span), `${id}-map-${index}`);
    const line = changes ? await renderChart(totalRankChart(panel, method), `${id}-line-${index}`) : null;
    const name = `${method} on ${panel.taskList}`;
    figures.push(html`<figure data-ranks="${method}" data-task="${panel.tasks.join(" ")}">
<figcaption>${captionOf(panel, model)}</figcaption>
${isWide(panel) ? html`<div class="scroll wide" tabindex="0" role="region" aria-label="Ranks of ${name}, drawn">${map}</div>` : map}
<p class="note">${sourceOf(panel)} Total ${formatRank(totalRank(panel))} over ${panel.modules.length} modules, ${formatRank(totalRank(panel) / panel.modules.length)} on average.</p>
${line}
<details><summary>Ranks in figures</summary>
${rankTable(panel, name)}${changes ? momentTable(panel, name) : null}</details>
</figure>
`);
  }
  const lead = changes
    ? "Ranks change during training; shown are those at the end, then their sum from step to step."
    : "Ranks differ between modules and stay what they are from the first step to the last.";
  const further = panels.slice(1).map(({ taskList }) => taskList);
  return html`<section class="${panels.some(isWide) ? "chart-kind full-width" : "chart-kind"}" aria-label="Ranks of ${method}, ${model}">
<h3>Ranks of ${method}</h3>
<p class="note">${lead} Colour runs from ${formatRank(span[0])} (faintest) to ${formatRank(span[1])}${panels.length > 1 ? " in all drawings" : null}.</p>
${figures.slice(0, 1)}${further.length === 0 ? null : html`<details><summary>Ranks of ${method} on ${listInWords(further)}</summary>${figures.slice(1)}</details>\n`}</section>
`;
}

function captionOf({ taskList }: RankPanel, model: string): string {
  return `${taskList}, ${model}`;
}

function sourceOf({ same, runs, seeds }: RankPanel): string {
  const which = `seed${seeds.length === 1 ? "" : "s"} ${listInWords(seeds.map(String))}`;
  if (runs === 1) return `One run, ${which}.`;
  return same ? `The same in all ${plural(runs, "run")} (${which}).` : `Means over ${which}.`;
}
