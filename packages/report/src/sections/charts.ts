import type { MethodSummary, TaskSummary } from "../aggregate.ts";
import { rolesInUse } from "../aggregate.ts";
import { averageOfMethod } from "../average.ts";
import { baselineTitle } from "../baselines.ts";
import { heldOutChart } from "../charts/heldOut.ts";
import { lossChart, lossWindows } from "../charts/loss.ts";
import { memoryChart, memoryLegend } from "../charts/memory.ts";
import type { CostAxis } from "../charts/pareto.ts";
import { memoryAxis, pointsOf, trainedAxis } from "../charts/pareto.ts";
import { qualityChart } from "../charts/quality.ts";
import type { Chart } from "../charts/render.ts";
import { renderChart } from "../charts/render.ts";
import type { MethodMark } from "../charts/theme.ts";
import { methodMarks, roleTitles } from "../charts/theme.ts";
import { paretoChart } from "../charts/tradeoff.ts";
import { BYTES_PER_MB, formatMb, formatScoreWithUnit, listInWords, NONE, plural } from "../format.ts";
import { groupBy } from "../groupBy.ts";
import type { Html } from "../html/html.ts";
import { html, joinHtml } from "../html/html.ts";
import type { LossCurve } from "../lossCurve.ts";
import { originLabel, suiteWithOrigin, taskText, taskTitle } from "../origin.ts";

/** One drawing and what stands around it. */
interface Panel {
  readonly task: string;
  /** The task as sentences name it. */
  readonly name: string;
  readonly caption: Html;
  readonly chart: Chart;
  readonly legend: Html | null;
  readonly note: Html | null;
}

/** One kind of chart: what it says, and its drawings. */
interface ChartKind {
  readonly id: string;
  readonly title: string;
  readonly lead: string;
  /** The first drawings, which are shown without a click; the others stand in details. */
  readonly shown: number;
  readonly panels: readonly Panel[];
}

/** The charts, kind by kind beside each other: an average or the first task, and the other tasks on demand. */
export async function chartsSection(
  tasks: readonly TaskSummary[],
  curves: ReadonlyMap<string, LossCurve>,
): Promise<Html> {
  const alone = tasks.length === 1;
  const isSaid = alone && tasks.every(({ origin }) => originLabel(origin) === null);
  const groups: Html[] = [];
  for (const { id, title, lead, shown, panels } of chartKinds(tasks, curves)) {
    if (panels.length === 0) continue;
    const figures: Html[] = [];
    for (const [index, panel] of panels.entries()) {
      const drawing = await renderChart(panel.chart, `${id}-${index}`);
      figures.push(html`<figure class="chart" data-chart="${id}" data-task="${panel.task}">
${isSaid ? null : html`<figcaption>${panel.caption}</figcaption>`}${panel.legend}${drawing}
${panel.note}</figure>
`);
    }
    const further = panels.slice(shown);
    groups.push(html`<section class="chart-kind" aria-labelledby="chart-${id}">
<h3 id="chart-${id}">${title}</h3>
<p class="note">${lead}</p>
${figures.slice(0, shown)}${
  further.length === 0
    ? null
    : html`<details><summary>${title} on ${furtherTasks(further)}</summary>${figures.slice(shown)}</details>
`
}</section>
`);
  }
  return html`<section aria-labelledby="charts">
<h2 id="charts">Charts</h2>
<div class="panels">
${groups}</div>
<h3>Memory by role, in figures</h3>
${tasks.map((task) => roleTable(task, alone))}
</section>
`;
}

/** `rte and sst2`, or their number where they are many. */
function furtherTasks(panels: readonly Panel[]): string {
  const names = [...new Set(panels.map(({ name }) => name))];
  return names.length <= 6 ? listInWords(names) : plural(names.length, "more task");
}

function chartKinds(
  tasks: readonly TaskSummary[],
  curves: ReadonlyMap<string, LossCurve>,
): readonly ChartKind[] {
  const marks = methodMarks(tasks.flatMap(({ methods }) => methods.map(({ method }) => method)));
  const panels = (
    draw: (task: TaskSummary) => Chart | null,
    legendOf: (task: TaskSummary) => Html | null = () => null,
    noteOf: (task: TaskSummary) => Html | null = () => null,
  ): readonly Panel[] =>
    tasks.flatMap((task) => {
      const chart = draw(task);
      if (chart === null) return [];
      const caption = html`${taskTitle(task)}, ${task.model}`;
      return [
        { task: task.task, name: taskText(task), caption, chart, legend: legendOf(task), note: noteOf(task) },
      ];
    });
  const scored = (task: TaskSummary): boolean => task.methods.some(({ mean }) => mean !== null);
  const averages = averagePanels(tasks, marks);
  const pareto = (axis: CostAxis, costOf: (summary: MethodSummary) => number | null): readonly Panel[] => [
    ...averages(axis, costOf),
    ...panels((task) =>
      paretoChart(
        pointsOf(task, costOf),
        axis,
        { ...task.scale, of: `${capitalize(task.metric ?? "score")} on ${taskText(task)}` },
        marks,
      ),
    ),
  ];
  const shownPareto = Math.max(averages(trainedAxis, trainedOnAverage).length, 1);
  const better = tasks.every(({ scale }) => scale.higherIsBetter) ? "the top" : "the better score";
  const paretoLead = `Better towards ${better}, cheaper towards the left. The dashed line is the Pareto front of the means: filled marks are on it, hollow ones are beaten by another at no more cost. Upright lines are 95% intervals, which the front does not know of; long ones are cut off.`;
  return [
    {
      id: "quality",
      title: "Quality by method",
      lead: "Circles are seeds; the diamond is their mean, the line its 95% t interval.",
      shown: 1,
      panels: panels((task) => (scored(task) ? qualityChart(task, marks) : null), undefined, baselineNote),
    },
    {
      id: "tradeoff",
      title: "Quality against trained parameters",
      lead: `${paretoLead} What is trained is the mean over all steps.`,
      shown: shownPareto,
      panels: pareto(trainedAxis, trainedOnAverage),
    },
    {
      id: "tradeoff-memory",
      title: "Quality against peak memory",
      lead: paretoLead,
      shown: shownPareto,
      panels: pareto(memoryAxis, ({ peakLiveBytes }) =>
        peakLiveBytes === null ? null : peakLiveBytes / BYTES_PER_MB,
      ),
    },
    {
      id: "memory",
      title: "Peak memory by role",
      lead: "What is held at that moment of a training step at which most is held.",
      shown: 1,
      panels: panels(
        (task) => (task.methods.some(({ bytesByRole }) => bytesByRole !== null) ? memoryChart(task) : null),
        (task) => legend(memoryLegend(task).map(({ title, color }) => ({ title, swatch: block(color) }))),
      ),
    },
    {
      id: "loss",
      title: "Training loss",
      lead: "Thin lines are seeds, the thick line their mean.",
      shown: 1,
      panels: panels(
        (task) => lossChart(task, curves, marks),
        (task) => lineLegend(task, marks),
        (task) => smoothingNote(lossWindows(task, curves)),
      ),
    },
    {
      id: "held-out",
      title: "Quality along the run",
      lead: "On rows of train that were held out for selection, never on the reported split. Thin lines are seeds, the thick line their mean.",
      shown: 1,
      panels: panels(
        (task) => heldOutChart(task, curves, marks),
        (task) => lineLegend(task, marks),
      ),
    },
  ];
}

/** The average of every suite and model that has two tasks or more, with the largest cost over its tasks. */
function averagePanels(
  tasks: readonly TaskSummary[],
  marks: ReadonlyMap<string, MethodMark>,
): (axis: CostAxis, costOf: (summary: MethodSummary) => number | null) => readonly Panel[] {
  const suites = groupBy(tasks, ({ model, suite, origin }) => JSON.stringify([model, suite, origin]));
  return (axis, costOf) =>
    suites.flatMap((group) => {
      const [first] = group;
      if (first === undefined || group.length < 2) return [];
      const names = [...new Set(group.flatMap(({ methods }) => methods.map(({ method }) => method)))];
      const points = names.flatMap((method) => {
        const { points: mean, interval } = averageOfMethod(group, method);
        const own = group.flatMap(({ methods }) => methods.filter((each) => each.method === method));
        const cost = Math.max(0, ...own.map((summary) => costOf(summary) ?? 0));
        if (mean === null || cost === 0) return [];
        return [{ method, cost, mean, low: interval?.low ?? mean, high: interval?.high ?? mean }];
      });
      const where = suiteWithOrigin(first.suite, first.origin);
      const quality = {
        title: "average of the tasks, points",
        decimals: 1,
        higherIsBetter: true,
        of: `Average over ${plural(group.length, "task")} of ${where}`,
      };
      const chart = paretoChart(points, axis, quality, marks);
      if (chart === null) return [];
      const caption = html`Average of ${plural(group.length, "task")}, ${where}, ${first.model}`;
      const note = html`<p class="note">The cost is the largest over the tasks. Methods that lack a score on a task have no average.</p>\n`;
      return [{ task: "average", name: `the average of ${where}`, caption, chart, legend: null, note }];
    });
}

/** What the optimizer updates, head included, as the mean over all steps. */
function trainedOnAverage({ trainableAverage, head }: MethodSummary): number | null {
  return trainableAverage === null || head === null ? null : trainableAverage + head;
}

function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
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
