import type { MethodSummary, TaskSummary } from "../aggregate.ts";
import type { AverageScore } from "../average.ts";
import { averageOf, averageOfMethod } from "../average.ts";
import { baselineTitle, splitMethods } from "../baselines.ts";
import { formatCount, formatMb, formatScore, NONE } from "../format.ts";
import { groupBy } from "../groupBy.ts";
import { figure } from "../html/figure.ts";
import type { Html } from "../html/html.ts";
import { html } from "../html/html.ts";
import { originLabel, suiteTitle } from "../origin.ts";
import type { Recommendation } from "../recommend.ts";
import type { Standing } from "../significance.ts";
import { referenceOn, standingOf } from "../significance.ts";
import { ratioTable } from "./ratioTable.ts";

/** Recommendations of one suite and one model: never averaged with those of another. */
function bySuite(recommendations: readonly Recommendation[]): readonly (readonly Recommendation[])[] {
  return groupBy(recommendations, ({ task }) => JSON.stringify([task.model, task.suite, task.origin]));
}

/**
 * Methods by tasks as papers print them, a table a suite and model: score and interval, what the tests say of it, the
 * average, what is trained, and the peak of memory. Below it, the same costs as multiples of the reference's.
 *
 * @param reference the method that others are held against, where it was run; null for none
 */
export function paperTables(
  recommendations: readonly Recommendation[],
  reference: string | null,
): readonly Html[] {
  return bySuite(recommendations).flatMap((group) => {
    const table = suiteTable(group, reference);
    return table === null ? [] : [table];
  });
}

function suiteTable(recommendations: readonly Recommendation[], reference: string | null): Html | null {
  const tasks = recommendations.map(({ task }) => task);
  const [first] = tasks;
  if (first === undefined) return null;
  const { methods, headAlone } = splitMethods(tasks.flatMap((task) => task.methods));
  const baselines = [...new Set(tasks.flatMap((task) => task.baselines.map(({ name }) => name)))];
  const isCompared = tasks.some((task) => referenceOn(task, reference) !== null);
  const hasAverage = tasks.length > 1;
  const title = suiteTitle(first.suite);
  const words = originLabel(first.origin);
  const rows = (summaries: readonly MethodSummary[]): readonly Html[] =>
    sorted(summaries, tasks).map((method) => methodRow(method, recommendations, reference, hasAverage));
  const below = [...rows(headAlone), ...baselineRows(baselines, tasks, hasAverage)];
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Scores of all methods: ${title}${words === null ? null : `, ${words}`}, ${first.model}">
<table class="overview" data-model="${first.model}" data-suite="${first.suite}">
<caption><span class="caption"><strong>${title}</strong>${words === null ? null : html` <span class="origin">${words}</span>`}, ${first.model}. Scores in points, mean over seeds ± half its 95% interval.${isCompared ? html` Held against ${reference}: ▲ shown better, ▼ shown worse, unmarked no difference shown.` : null} Bold: chosen for the task.${below.length === 0 ? null : " Below the methods stand baselines."}</span></caption>
<colgroup><col>${tasks.map(() => html`<col>`)}${hasAverage ? html`<col>` : null}<col span="3"><col></colgroup>
<thead>
<tr><td></td><th scope="colgroup" colspan="${tasks.length + (hasAverage ? 1 : 0)}">Quality</th><th scope="colgroup" colspan="3">Trained parameters <small>(with head)</small></th><th scope="col">Memory</th></tr>
<tr><th scope="col">Method</th>${tasks.map((task) => html`<th scope="col">${task.task}<br><small>${task.scale.title}</small></th>`)}${hasAverage ? html`<th scope="col">average</th>` : null}<th scope="col">initial</th><th scope="col">average</th><th scope="col">final</th><th scope="col">peak, MB${memoryNote(tasks)}</th></tr>
</thead>
<tbody>
${rows(methods)}</tbody>
${below.length === 0 ? null : html`<tbody class="baselines">\n${below}</tbody>\n`}</table>
</div>
${ratioTable(tasks, reference)}`;
}

/** The best average first, then by the first task's score. */
function sorted(summaries: readonly MethodSummary[], tasks: readonly TaskSummary[]): readonly string[] {
  const names = [...new Set(summaries.map(({ method }) => method))];
  const points = new Map(names.map((name) => [name, averageOfMethod(tasks, name).points]));
  if (tasks.length < 2) return names;
  return names.sort((a, b) => (points.get(b) ?? -Infinity) - (points.get(a) ?? -Infinity) || 0);
}

function methodRow(
  method: string,
  recommendations: readonly Recommendation[],
  reference: string | null,
  hasAverage: boolean,
): Html {
  const tasks = recommendations.map(({ task }) => task);
  const summaries = tasks.flatMap((task) => task.methods.filter((each) => each.method === method));
  const average = hasAverage ? averageCell(averageOfMethod(tasks, method)) : null;
  return html`<tr data-method="${method}"><th scope="row"><span class="method">${method}</span></th>${recommendations.map((each) => scoreCell(method, each, reference))}${average}${parameterCell("initial", summaries, ({ trainableInitial }) => trainableInitial)}${parameterCell("mean-over-steps", summaries, ({ trainableAverage }) => trainableAverage)}${parameterCell("final", summaries, ({ trainableFinal }) => trainableFinal)}<td>${figure("largest-peak", largest(summaries.map(({ peakLiveBytes }) => peakLiveBytes)), formatMb)}</td></tr>\n`;
}

function baselineRows(
  names: readonly string[],
  tasks: readonly TaskSummary[],
  hasAverage: boolean,
): readonly Html[] {
  const valueOn = (task: TaskSummary, name: string): number | null =>
    task.baselines.find((baseline) => baseline.name === name)?.value ?? null;
  return names
    .map((name) => ({ name, average: averageOf(tasks, (task) => valueOn(task, name)) }))
    .sort((a, b) => (b.average.points ?? -Infinity) - (a.average.points ?? -Infinity) || 0)
    .map(({ name, average }) => {
      const cells = tasks.map(
        (task) =>
          html`<td>${figure("mean", valueOn(task, name), (value) => formatScore(value, task.scale))}</td>`,
      );
      return html`<tr data-baseline="${name}"><th scope="row">${baselineTitle(name)}</th>${cells}${hasAverage ? averageCell(average) : null}<td class="quiet" colspan="4"></td></tr>\n`;
    });
}

function scoreCell(method: string, recommendation: Recommendation, reference: string | null): Html {
  const { task, pick } = recommendation;
  const summary = task.methods.find((each) => each.method === method);
  if (summary === undefined) return html`<td class="quiet">not run</td>`;
  if (summary.mean === null)
    return html`<td class="failed">${summary.failures[0]?.status ?? "no score"}</td>`;
  const standing = standingOf(recommendation, method, referenceOn(task, reference));
  const { interval, mean, runs, scored } = summary;
  const half =
    interval === null
      ? html`<br><small>${scored === 1 ? "1 seed" : null}</small>`
      : html`<br><small>± ${figure("half-interval", (interval.high - interval.low) / 2, (value) => formatScore(value, task.scale))}</small>`;
  const missing =
    runs === scored ? null : html`<br><small class="failure">${scored} of ${runs} seeds</small>`;
  return html`<td${summary === pick ? html` class="pick"` : null}><span class="one-line">${figure("mean", mean, (value) => formatScore(value, task.scale))}${mark(standing)}</span>${half}${missing}</td>`;
}

/** Told by its shape, and by a word to whoever does not see it. */
function mark(standing: Standing | null): Html | null {
  if (standing === null || standing === "none shown") return null;
  const [sign, word] = standing === "better" ? ["▲", "shown better"] : ["▼", "shown worse"];
  return html`<span class="mark ${standing}" role="img" aria-label="${word}">${sign}</span>`;
}

function averageCell({ points, interval, reason }: AverageScore): Html {
  if (points === null) return html`<td class="quiet">${NONE}<br><small>${reason ?? ""}</small></td>`;
  const half =
    interval === null ? null : html`<br><small>± ${((interval.high - interval.low) / 2).toFixed(1)}</small>`;
  return html`<td><data class="average" value="${String(points)}">${points.toFixed(1)}</data>${half}</td>`;
}

/** Without head, and below it with; a span where tasks differ. */
function parameterCell(
  kind: string,
  summaries: readonly MethodSummary[],
  of: (summary: MethodSummary) => number | null,
): Html {
  const known = summaries.flatMap((summary) => {
    const without = of(summary);
    return without === null || summary.head === null ? [] : [{ without, head: summary.head }];
  });
  if (known.length === 0) return html`<td class="quiet">${NONE}</td>`;
  const count = (name: string, values: readonly number[]): Html => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const end = html`<data class="${name}" value="${String(high)}">${formatCount(high)}</data>`;
    return formatCount(low) === formatCount(high) ? end : html`${formatCount(low)}–<wbr>${end}`;
  };
  return html`<td class="counts">${count(
    kind,
    known.map(({ without }) => without),
  )}<br><small>(${count(
    `${kind}-with-head`,
    known.map(({ without, head }) => without + head),
  )})</small></td>`;
}

function largest(values: readonly (number | null)[]): number | null {
  const known = values.flatMap((value) => value ?? []);
  return known.length === 0 ? null : Math.max(...known);
}

function memoryNote(tasks: readonly TaskSummary[]): Html {
  const sources = new Set(
    tasks.flatMap((task) => task.methods.flatMap(({ memorySource }) => memorySource ?? [])),
  );
  const [source] = sources;
  const parts = [sources.size === 1 ? source : null, tasks.length > 1 ? "largest of tasks" : null];
  return html`<br><small>${parts.filter((part) => part).join(", ")}</small>`;
}
