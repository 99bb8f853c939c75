import type { MethodSummary, TaskSummary } from "../aggregate.ts";
import { formatScore, NONE } from "../format.ts";
import type { Html } from "../html/html.ts";
import { html } from "../html/html.ts";
import type { Recommendation } from "../recommend.ts";

/** Methods by tasks of one model: the scores side by side. Null for a single task, whose own table says it all. */
export function overviewTable(recommendations: readonly Recommendation[]): Html | null {
  const [first] = recommendations;
  if (first === undefined || recommendations.length < 2) return null;
  const methods = [
    ...new Set(recommendations.flatMap(({ task }) => task.methods.map(({ method }) => method))),
  ];
  const rows = methods
    .map((method) => ({ method, average: averageScore(method, recommendations) }))
    .sort((a, b) => (b.average ?? Number.NEGATIVE_INFINITY) - (a.average ?? Number.NEGATIVE_INFINITY));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Scores of all methods and tasks">
<table class="overview" data-model="${first.task.model}">
<caption><span class="caption"><strong>All tasks</strong>, ${first.task.model}: mean ± standard deviation over seeds. The average is of the tasks' means, and only given where every task has one. The method chosen for a task is set in bold.</span></caption>
<thead><tr><th scope="col">Method</th>${recommendations.map(({ task }) => html`<th scope="col">${task.task}<br><small>${task.scale.title}</small></th>`)}<th scope="col">average</th></tr></thead>
<tbody>
${rows.map(({ method, average }) => html`<tr data-method="${method}"><th scope="row"><span class="method">${method}</span></th>${recommendations.map((each) => cell(method, each))}<td>${average === null ? html`<span class="quiet">${NONE}</span>` : html`<data class="average" value="${String(average)}">${average.toFixed(1)}</data>`}</td></tr>\n`)}</tbody>
</table>
</div>`;
}

function cell(method: string, { task, pick }: Recommendation): Html {
  const summary = task.methods.find((each) => each.method === method);
  if (summary === undefined) return html`<td class="quiet">not run</td>`;
  if (summary.mean === null)
    return html`<td class="failed">${summary.failures[0]?.status ?? "no score"}</td>`;
  const spread = summary.deviation === null ? "" : ` ± ${formatScore(summary.deviation, task.scale)}`;
  return html`<td${summary === pick ? html` class="pick"` : null}><data class="mean" value="${String(summary.mean)}">${formatScore(summary.mean, task.scale)}</data><span class="quiet">${spread}</span>${missing(summary)}</td>`;
}

function missing({ runs, scored }: MethodSummary): Html | null {
  return runs === scored ? null : html`<br><small class="failure">${scored} of ${runs} seeds</small>`;
}

/** As GLUE does: the plain mean of the tasks' scores in hundredths; null where one is missing or of another unit. */
function averageScore(
  method: string,
  recommendations: readonly { readonly task: TaskSummary }[],
): number | null {
  const means = recommendations.map(({ task }) => {
    const mean = task.methods.find((each) => each.method === method)?.mean ?? null;
    return mean === null || task.scale.factor !== 100 ? null : mean * 100;
  });
  return means.reduce<number | null>(
    (sum, mean) => (sum === null || mean === null ? null : sum + mean / means.length),
    0,
  );
}
