import type { ResultMetric } from "@peftbench/harness";
import { formatCount, formatDuration, formatFixed, formatMb, formatMs, NONE } from "../format.ts";
import type { Html } from "../html/html.ts";
import { html } from "../html/html.ts";
import { taskTitle } from "../origin.ts";
import type { RunRow } from "../runs.ts";

/** Every run with all its metrics, finished or not. */
export function runsSection(rows: readonly RunRow[]): Html {
  return html`<section aria-labelledby="runs">
<h2 id="runs">Every run</h2>
<details><summary>${formatCount(rows.length)} runs, one a row</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Every run">
<table class="runs">
<caption><span class="caption">Scores as stored, unrounded in the page's source. The id is the hash of all that decides a run's outcome.</span></caption>
<thead><tr><th scope="col">Task</th><th scope="col" class="text">Method</th><th scope="col">seed</th><th scope="col" class="text">status</th><th scope="col" class="text">scores</th><th scope="col">loss, first → last</th><th scope="col">steps</th><th scope="col">step, ms</th><th scope="col">tokens/s</th><th scope="col">training</th><th scope="col">evaluation</th><th scope="col">compilation</th><th scope="col">peak, MB</th><th scope="col" class="text">id</th></tr></thead>
<tbody>
${rows.map(row)}</tbody>
</table></div></details>
</section>
`;
}

function row(run: RunRow): Html {
  const { model, method, seed, status, reason, id, result, ...figures } = run;
  const { time, lossSummary } = result;
  const optional = (value: number | null | undefined, format: (value: number) => string): string =>
    value === null || value === undefined ? NONE : format(value);
  const loss = (value: number | null): string => optional(value, (each) => formatFixed(each, 3));
  return html`<tr data-id="${id}"><td class="text">${taskTitle(run)}, ${model}</td><th scope="row">${method}</th><td>${seed}</td><td class="text">${status}${reason === null ? null : html`<br><small class="failure">${reason}${result.error?.remedy ? html` ${result.error.remedy}` : null}</small>`}</td><td class="text">${result.metrics.length === 0 ? NONE : result.metrics.map(metric)}</td><td>${lossSummary === null ? NONE : `${loss(lossSummary.first)} → ${loss(lossSummary.last)}`}</td><td>${optional(time?.stepsTotal, formatCount)}</td><td>${optional(time?.stepMsMedian, formatMs)}</td><td>${optional(time?.tokensPerSecond, formatCount)}</td><td>${optional(time?.trainMs, formatDuration)}</td><td>${optional(time?.evalMs, formatDuration)}</td><td>${optional(time?.compileMs, formatDuration)}</td><td>${optional(figures.peakLiveBytes, formatMb)}</td><td class="text"><code>${id.slice(0, 8)}</code></td></tr>
`;
}

function metric({ name, value, count, reason }: ResultMetric): Html {
  const shown =
    value === null
      ? html`none (${reason ?? "no reason given"})`
      : html`<data value="${String(value)}">${formatFixed(value, 4)}</data>`;
  return html`<span class="metric">${name} ${shown} <span class="quiet">of ${formatCount(count)}</span></span> `;
}
