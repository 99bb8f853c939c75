import type { MethodSummary, TaskSummary } from "../aggregate.ts";
import { baselineTitle, splitMethods } from "../baselines.ts";
import { formatScore, NONE } from "../format.ts";
import { groupBy } from "../groupBy.ts";
import type { Html } from "../html/html.ts";
import { html } from "../html/html.ts";
import { originLabel, suiteTitle } from "../origin.ts";
import type { Recommendation } from "../recommend.ts";

/**
 * Methods by tasks of one model: the scores side by side. Every suite has a table and an average of its own, so that
 * real and synthetic tasks never make one figure. A single task has none, as its own table says it all.
 *
 * @param recommendations of one model, suite by suite
 */
export function overviewTables(recommendations: readonly Recommendation[]): readonly Html[] {
  return groupBy(recommendations, ({ task }) => JSON.stringify([task.suite, task.origin])).flatMap((group) =>
    group.length < 2 ? [] : suiteTable(group),
  );
}

function suiteTable(recommendations: readonly Recommendation[]): Html | readonly [] {
  const tasks = recommendations.map(({ task }) => task);
  const [first] = tasks;
  if (first === undefined) return [];
  const { methods, headAlone } = splitMethods(tasks.flatMap((task) => task.methods));
  const baselines = [...new Set(tasks.flatMap((task) => task.baselines.map(({ name }) => name)))];
  const title = suiteTitle(first.suite);
  const words = originLabel(first.origin);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Scores of all methods: ${title}${words === null ? null : `, ${words}`}">
<table class="overview" data-model="${first.model}" data-suite="${first.suite}">
<caption><span class="caption"><strong>${title}</strong>${words === null ? null : html` <span class="origin">${words}</span>`}, ${first.model}: mean ± standard deviation over seeds. The average is of these tasks' means, and only given where every task has one. The method chosen for a task is set in bold.${headAlone.length + baselines.length === 0 ? null : " Below the methods stand baselines."}</span></caption>
<thead><tr><th scope="col">Method</th>${tasks.map((task) => html`<th scope="col">${task.task}<br><small>${task.scale.title}</small></th>`)}<th scope="col">average</th></tr></thead>
<tbody>
${methodRows(methods, recommendations)}</tbody>
${
  headAlone.length + baselines.length === 0
    ? null
    : html`<tbody class="baselines">
${methodRows(headAlone, recommendations)}${baselineRows(baselines, tasks)}</tbody>
`
}</table>
</div>`;
}

/** The best average first. */
function methodRows(
  summaries: readonly MethodSummary[],
  recommendations: readonly Recommendation[],
): readonly Html[] {
  const names = [...new Set(summaries.map(({ method }) => method))];
  const tasks = recommendations.map(({ task }) => task);
  const scoreOn = (task: TaskSummary, name: string): number | null =>
    task.methods.find(({ method }) => method === name)?.mean ?? null;
  return names
    .map((method) => ({ method, average: averageScore(tasks, (task) => scoreOn(task, method)) }))
    .sort(byAverage)
    .map(
      ({ method, average }) =>
        html`<tr data-method="${method}"><th scope="row"><span class="method">${method}</span></th>${recommendations.map((each) => cell(method, each))}${averageCell(average)}</tr>\n`,
    );
}

function baselineRows(names: readonly string[], tasks: readonly TaskSummary[]): readonly Html[] {
  const valueOn = (task: TaskSummary, name: string): number | null =>
    task.baselines.find((baseline) => baseline.name === name)?.value ?? null;
  return names
    .map((name) => ({ name, average: averageScore(tasks, (task) => valueOn(task, name)) }))
    .sort(byAverage)
    .map(({ name, average }) => {
      const cells = tasks.map((task) => {
        const value = valueOn(task, name);
        return value === null
          ? html`<td>${NONE}</td>`
          : html`<td><data class="mean" value="${String(value)}">${formatScore(value, task.scale)}</data></td>`;
      });
      return html`<tr data-baseline="${name}"><th scope="row">${baselineTitle(name)}</th>${cells}${averageCell(average)}</tr>\n`;
    });
}

function averageCell(average: number | null): Html {
  return average === null
    ? html`<td class="quiet">${NONE}</td>`
    : html`<td><data class="average" value="${String(average)}">${average.toFixed(1)}</data></td>`;
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
  tasks: readonly TaskSummary[],
  scoreOn: (task: TaskSummary) => number | null,
): number | null {
  const means = tasks.map((task) => {
    const mean = scoreOn(task);
    return mean === null || task.scale.factor !== 100 ? null : mean * 100;
  });
  return means.reduce<number | null>(
    (sum, mean) => (sum === null || mean === null ? null : sum + mean / means.length),
    0,
  );
}

function byAverage(a: { readonly average: number | null }, b: { readonly average: number | null }): number {
  return (b.average ?? -Number.MAX_VALUE) - (a.average ?? -Number.MAX_VALUE);
}
