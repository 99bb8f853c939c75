import type { MethodSummary, TaskSummary } from "../aggregate.ts";
import { rolesInUse } from "../aggregate.ts";
import { lossChart, lossWindows } from "../charts/loss.ts";
import { memoryChart, memoryLegend } from "../charts/memory.ts";
import { qualityChart } from "../charts/quality.ts";
import type { Chart } from "../charts/render.ts";
import { renderChart } from "../charts/render.ts";
import type { ChartWidth, MethodMark } from "../charts/theme.ts";
import { methodMarks, roleTitles } from "../charts/theme.ts";
import { tradeoffChart } from "../charts/tradeoff.ts";
import { formatMb, formatScoreWithUnit, listInWords, NONE } from "../format.ts";
import type { Html } from "../html/html.ts";
import { html } from "../html/html.ts";
import type { LossCurve } from "../lossCurve.ts";

interface Panel {
  readonly task: TaskSummary;
  readonly draw: (width: ChartWidth) => Chart | null;
  readonly note: Html | null;
  readonly legend: Html | null;
  readonly after: Html | null;
}

/** The charts: each kind a section, each task a drawing in it. */
export async function chartsSection(
  tasks: readonly TaskSummary[],
  curves: ReadonlyMap<string, LossCurve>,
): Promise<Html> {
  const marks = methodMarks(tasks.flatMap(({ methods }) => methods.map(({ method }) => method)));
  const withScores = tasks.filter(({ methods }) => methods.some(({ mean }) => mean !== null));
  const withMemory = tasks.filter(({ methods }) => methods.some(({ bytesByRole }) => bytesByRole !== null));
  const quality = withScores.map(
    (task): Panel => ({
      task,
      draw: (width) => qualityChart(task, marks, width),
      note: baselineNote(task),
      legend: null,
      after: null,
    }),
  );
  const memory = withMemory.map(
    (task): Panel => ({
      task,
      draw: (width) => memoryChart(task, width),
      note: null,
      legend: legend(memoryLegend(task).map(({ title, color }) => ({ title, swatch: block(color) }))),
      after: roleTable(task),
    }),
  );
  const loss = tasks.map(
    (task): Panel => ({
      task,
      draw: (width) => lossChart(task, curves, marks, width),
      note: smoothingNote(lossWindows(task, curves)),
      legend: lineLegend(task, marks),
      after: null,
    }),
  );
  const tradeoff = withScores.map(
    (task): Panel => ({
      task,
      draw: (width) => tradeoffChart(task, marks, width),
      note: null,
      legend: null,
      after: null,
    }),
  );
  return html`<section aria-labelledby="charts">
<h2 id="charts">Charts</h2>
${await chartKind("quality", "Quality by method", "Circles are seeds; the diamond is their mean, the line its 95% t interval.", quality)}
${await chartKind("memory", "Peak memory by role", "What is held at the one moment of a training step when most is held.", memory)}
${await chartKind("loss", "Training loss", "Thin lines are seeds, the thick line their mean.", loss)}
${await chartKind("tradeoff", "Quality against trained parameters", "Up and to the left is better. The line is the 95% t interval of the mean.", tradeoff)}
</section>
`;
}

async function chartKind(
  kind: string,
  title: string,
  lead: string,
  panels: readonly Panel[],
): Promise<Html | null> {
  const figures: Html[] = [];
  const alone = panels.length === 1;
  for (const [index, panel] of panels.entries()) {
    const id = `${kind}-${index}`;
    const narrow = panel.draw("narrow");
    if (narrow === null) continue;
    const wide = alone ? panel.draw("wide") : null;
    const drawings = [
      wide === null ? null : html`<div class="wide">${await renderChart(wide, `${id}-wide`)}</div>`,
      html`<div${alone ? html` class="narrow"` : null}>${await renderChart(narrow, `${id}-narrow`)}</div>`,
    ];
    const heading = alone ? null : html`<figcaption>${panel.task.task}, ${panel.task.model}</figcaption>`;
    figures.push(html`<figure class="chart" data-chart="${kind}" data-task="${panel.task.task}">
${heading}${panel.legend}${drawings}
${panel.note === null ? null : html`<p class="note">${panel.note}</p>`}${panel.after}</figure>
`);
  }
  if (figures.length === 0) return null;
  return html`<section class="chart-kind" aria-labelledby="chart-${kind}">
<h3 id="chart-${kind}">${title}</h3>
<p class="note">${lead}</p>
<div class="${alone ? "panel" : "panels"}">
${figures}</div>
</section>`;
}

function baselineNote(task: TaskSummary): Html | null {
  if (task.baselines.length === 0) return null;
  const each = task.baselines.map(({ name, value }) => `${name} ${formatScoreWithUnit(value, task.scale)}`);
  return html`Baseline without training: ${listInWords(each)} (a dotted line where the axis reaches it). The axis does not start at zero.`;
}

function smoothingNote(windows: readonly number[]): Html | null {
  const [first] = windows;
  if (first === undefined) return null;
  return html`Smoothed: each point is a centred mean over ${listInWords(windows.map(String))} steps.`;
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
function roleTable(task: TaskSummary): Html {
  const known = task.methods.filter(({ bytesByRole }) => bytesByRole !== null);
  const roles = rolesInUse(known);
  const cell = (bytes: number | null): Html =>
    bytes === null
      ? html`<td>${NONE}</td>`
      : html`<td><data value="${String(bytes)}">${formatMb(bytes)}</data></td>`;
  return html`<details><summary>Every part in MB</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Memory by role on ${task.task}">
<table class="roles" data-task="${task.task}">
<caption>Live bytes at the peak on ${task.task} in MB (10<sup>6</sup> bytes). Reserved is what is taken from the device, alignment and gaps included.</caption>
<thead><tr><th scope="col">Method</th>${roles.map((role) => html`<th scope="col">${roleTitles[role]}</th>`)}<th scope="col">live peak</th><th scope="col">reserved</th><th scope="col">moment of the peak</th></tr></thead>
<tbody>${known.map((summary) => html`<tr data-method="${summary.method}"><th scope="row">${summary.method}</th>${roles.map((role) => cell(summary.bytesByRole?.[role] ?? null))}${cell(summary.peakLiveBytes)}${cell(summary.peakReservedBytes)}<td class="text">${peakMoment(summary)}</td></tr>\n`)}</tbody>
</table></div></details>
`;
}

function peakMoment({ rows, peakLiveBytes }: MethodSummary): string {
  const peakAt = rows.find((row) => row.peakLiveBytes === peakLiveBytes)?.result.memory?.peakAt ?? null;
  if (peakAt === null) return NONE;
  return `${peakAt.phase}, ${peakAt.node}, batch ${peakAt.batchRows} × ${peakAt.length}`;
}
