import type { MethodSummary, TaskSummary } from "../aggregate.ts";
import { rolesInUse } from "../aggregate.ts";
import { baselineTitle } from "../baselines.ts";
import { lossChart, lossWindows } from "../charts/loss.ts";
import { memoryChart, memoryLegend } from "../charts/memory.ts";
import { qualityChart } from "../charts/quality.ts";
import type { Chart } from "../charts/render.ts";
import { renderChart } from "../charts/render.ts";
import type { MethodMark } from "../charts/theme.ts";
import { methodMarks, roleTitles } from "../charts/theme.ts";
import { tradeoffChart } from "../charts/tradeoff.ts";
import { formatMb, formatScoreWithUnit, listInWords, NONE } from "../format.ts";
import type { Html } from "../html/html.ts";
import { html, joinHtml } from "../html/html.ts";
import type { LossCurve } from "../lossCurve.ts";
import { originLabel, taskText, taskTitle } from "../origin.ts";

/** One kind of chart: what it says, and how it is drawn for a task (null where the task has nothing to draw). */
interface ChartKind {
  readonly id: string;
  readonly title: string;
  readonly lead: string;
  readonly draw: (task: TaskSummary) => Chart | null;
  readonly legend: (task: TaskSummary) => Html | null;
  readonly note: (task: TaskSummary) => Html | null;
}

/** The charts: four beside each other for one task; for several, a section a kind with one drawing a task. */
export async function chartsSection(
  tasks: readonly TaskSummary[],
  curves: ReadonlyMap<string, LossCurve>,
): Promise<Html> {
  const kinds = chartKinds(tasks, curves);
  const groups: Html[] = [];
  const alone = tasks.length === 1;
  for (const kind of kinds) {
    const figures: Html[] = [];
    for (const [index, task] of tasks.entries()) {
      const chart = kind.draw(task);
      if (chart === null) continue;
      const drawing = await renderChart(chart, `${kind.id}-${index}`);
      const isSaid = alone && originLabel(task.origin) === null;
      const caption = isSaid ? null : html`<figcaption>${taskTitle(task)}, ${task.model}</figcaption>`;
      figures.push(html`<figure class="chart" data-chart="${kind.id}" data-task="${task.task}">
${caption}${kind.legend(task)}${drawing}
${kind.note(task)}</figure>
`);
    }
    if (figures.length === 0) continue;
    groups.push(html`<section class="chart-kind" aria-labelledby="chart-${kind.id}">
<h3 id="chart-${kind.id}">${kind.title}</h3>
<p class="note">${kind.lead}</p>
${alone ? figures : html`<div class="panels">${figures}</div>`}
</section>
`);
  }
  return html`<section aria-labelledby="charts">
<h2 id="charts">Charts</h2>
<div${alone ? html` class="panels"` : null}>
${groups}</div>
<h3>Memory by role, in figures</h3>
${tasks.map((task) => roleTable(task, alone))}
</section>
`;
}

function chartKinds(
  tasks: readonly TaskSummary[],
  curves: ReadonlyMap<string, LossCurve>,
): readonly ChartKind[] {
  const marks = methodMarks(tasks.flatMap(({ methods }) => methods.map(({ method }) => method)));
  const nothing = (): null => null;
  return [
    {
      id: "quality",
      title: "Quality by method",
      lead: "Circles are seeds; the diamond is their mean, the line its 95% t interval.",
      draw: (task) => (task.methods.some(({ mean }) => mean !== null) ? qualityChart(task, marks) : null),
      legend: nothing,
      note: baselineNote,
    },
    {
      id: "memory",
      title: "Peak memory by role",
      lead: "What is held at that moment of a training step at which most is held.",
      draw: (task) =>
        task.methods.some(({ bytesByRole }) => bytesByRole !== null) ? memoryChart(task) : null,
      legend: (task) =>
        legend(memoryLegend(task).map(({ title, color }) => ({ title, swatch: block(color) }))),
      note: nothing,
    },
    {
      id: "loss",
      title: "Training loss",
      lead: "Thin lines are seeds, the thick line their mean.",
      draw: (task) => lossChart(task, curves, marks),
      legend: (task) => lineLegend(task, marks),
      note: (task) => smoothingNote(lossWindows(task, curves)),
    },
    {
      id: "tradeoff",
      title: "Quality against trained parameters",
      lead: "Better towards the top, cheaper towards the left. Lines are 95% t intervals of the mean.",
      draw: (task) => tradeoffChart(task, marks),
      legend: nothing,
      note: nothing,
    },
  ];
}

function baselineNote(task: TaskSummary): Html | null {
  if (task.baselines.length === 0) return null;
  const each = task.baselines.map(
    ({ name, value }) => `${baselineTitle(name)} ${formatScoreWithUnit(value, task.scale)}`,
  );
  return html`<p class="note">Without the model: ${listInWords(each)}; dotted where it lies within the axis, which does not start at zero.</p>`;
}

function smoothingNote(windows: readonly number[]): Html | null {
  if (windows.length === 0) return null;
  return html`<p class="note">Smoothed: each point is a centred mean over ${listInWords(windows.map(String))} steps.</p>`;
}

function lineLegend(task: TaskSummary, marks: ReadonlyMap<string, MethodMark>): Html {
  return legend(
    task.methods.flatMap(({ method }) => {
      const mark = marks.get(method);
      return mark === undefined ? [] : [{ title: method, swatch: line(mark) }];
    }),
  );
}

function legend(entries: readonly { readonly title: string; readonly swatch: Html }[]): Html {
  return html`<ul class="legend">${entries.map(({ title, swatch }) => html`<li>${swatch}${title}</li>`)}</ul>\n`;
}

function block(color: string): Html {
  return html`<svg class="swatch" width="12" height="12" aria-hidden="true"><rect width="12" height="12" fill="${color}"/></svg>`;
}

function line({ color, dash }: MethodMark): Html {
  return html`<svg class="swatch" width="28" height="12" aria-hidden="true"><line x2="28" y1="6" y2="6" stroke="${color}" stroke-width="2.5" stroke-dasharray="${dash.join(" ")}"/></svg>`;
}

/** The same figures as text. */
function roleTable(task: TaskSummary, open: boolean): Html | null {
  const known = task.methods.filter(({ bytesByRole }) => bytesByRole !== null);
  if (known.length === 0) return null;
  const roles = rolesInUse(known);
  const cell = (bytes: number | null): Html =>
    bytes === null
      ? html`<td>${NONE}</td>`
      : html`<td><data value="${String(bytes)}">${formatMb(bytes)}</data></td>`;
  return html`<details${open ? html` open` : null}><summary>${taskTitle(task)}, ${task.model}</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Memory by role on ${taskText(task)}">
<table class="roles" data-task="${task.task}">
<caption><span class="caption">Live bytes at the peak in MB (10<sup>6</sup> bytes). Reserved is what is taken from the device, alignment and gaps included.</span></caption>
<thead><tr><th scope="col">Method</th>${roles.map((role) => html`<th scope="col">${roleTitles[role]}</th>`)}<th scope="col">live peak</th><th scope="col">reserved</th></tr></thead>
<tbody>${known.map((summary) => html`<tr data-method="${summary.method}"><th scope="row">${summary.method}</th>${roles.map((role) => cell(summary.bytesByRole?.[role] ?? null))}${cell(summary.peakLiveBytes)}${cell(summary.peakReservedBytes)}</tr>\n`)}</tbody>
</table></div>
<p class="note">The peak is reached: ${joinHtml(
    known.map((summary) => html`${summary.method} in ${peakMoment(summary)}`),
    "; ",
  )}.</p></details>
`;
}

function peakMoment({ rows, peakLiveBytes }: MethodSummary): string {
  const peakAt = rows.find((row) => row.peakLiveBytes === peakLiveBytes)?.result.memory?.peakAt ?? null;
  if (peakAt === null) return "a moment that was not recorded";
  return `the ${peakAt.phase} phase at ${peakAt.node}, batch of ${peakAt.batchRows} × ${peakAt.length} tokens`;
}
