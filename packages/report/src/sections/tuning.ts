import type { ResultTuning } from "@peftbench/harness";
import { formatCount, formatLearningRate, formatScore, listInWords, NONE, plural } from "../format.ts";
import { groupBy } from "../groupBy.ts";
import type { Html } from "../html/html.ts";
import { html } from "../html/html.ts";
import { metricScale } from "../metricScale.ts";
import { taskTitle } from "../origin.ts";
import type { RunRow } from "../runs.ts";

interface TunedRow extends RunRow {
  readonly tuning: ResultTuning;
}

/** How the settings came about: every trial of the regime `tuned`, or that nothing was searched. */
export function tuningPart(rows: readonly RunRow[]): Html {
  const tuned = rows.flatMap((row) =>
    row.result.tuning === null ? [] : [{ ...row, tuning: row.result.tuning }],
  );
  if (tuned.length === 0) {
    return html`<p class="note" id="tuning">Regime <strong>shared</strong>: these settings were given. No search was part of these runs, so a method may be far from its best ones.</p>
`;
  }
  const given = rows.filter(({ result }) => result.tuning === null);
  // Seeds of one method on one task share their search.
  const searches = groupBy(tuned, ({ model, task, method, tuning }) =>
    JSON.stringify([model, task, method, tuning]),
  ).flatMap((group) => group.slice(0, 1));
  return html`<div id="tuning">
<p class="note">Regime <strong>tuned</strong>: ${budgetText(searches)}; the best score there was taken, and dev chose nothing.${given.length === 0 ? null : html` <strong>Not searched</strong>, with settings that were given: ${listInWords([...new Set(given.map(({ method }) => method))])}.`} ${edgeText(searches)}</p>
<details><summary>${plural(searches.length, "search")} with every trial</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Trials of each search">
<table class="tuning">
<caption><span class="caption">Scores on rows held out of training, of one seed; they are no results.</span></caption>
<thead><tr><th scope="col" class="text">Task</th><th scope="col" class="text">Method</th><th scope="col" class="text">chosen</th><th scope="col" class="text">trials: held-out score</th></tr></thead>
<tbody>
${searches.map(searchRow)}</tbody></table></div></details></div>
`;
}

/** `each method searched on each task, by 4 trials of at most 800 rows, scored on 300 rows held out of training` */
function budgetText(searches: readonly TunedRow[]): string {
  const budgets = [...new Set(searches.map(({ tuning }) => budgetOf(tuning)))];
  const words = budgets.length === 1 ? budgets.join("") : `budgets that differ (${budgets.join("; ")})`;
  return `each method searched on each task, by ${words}`;
}

function budgetOf({ budget: { trials, trainLimit, selectionRows } }: ResultTuning): string {
  const rows = trainLimit === null ? "all rows" : `at most ${plural(trainLimit, "row")}`;
  return `${plural(trials, "trial")} of ${rows}, scored on ${plural(selectionRows, "row")} held out of training`;
}

function edgeText(searches: readonly TunedRow[]): string | null {
  const atEdge = searches.filter(({ tuning }) => tuning.isAtEdge).length;
  if (atEdge === 0) return null;
  return `In ${formatCount(atEdge)} of ${plural(searches.length, "search")} the learning rate is the lowest or the highest that was tried, so a better one may lie beyond.`;
}

function searchRow({ model, method, tuning, ...row }: TunedRow): Html {
  const scores = tuning.trials.flatMap(({ score }) => (score === null ? [] : [score]));
  const scale = metricScale(tuning.metric, tuning.higherIsBetter, scores, tuning.budget.selectionRows);
  return html`<tr data-method="${method}" data-task="${row.task}"><td class="text">${taskTitle(row)}, ${model}</td><th scope="row" class="text">${method}</th><td class="text">${settingsText(tuning.chosen)}${tuning.isAtEdge ? html` <small>(at the edge)</small>` : null}</td><td class="text">${tuning.trials.map(
    ({ settings, score, status }) =>
      html`<span class="metric">${settingsText(settings)}: ${score === null ? (status === "ok" ? NONE : status) : html`<data value="${String(score)}">${formatScore(score, scale)}</data>`}</span> `,
  )}<span class="quiet">${scale.title}</span></td></tr>
`;
}

/** `3e-3`; with `rank 16` after it where more than the learning rate was searched. */
function settingsText(settings: ResultTuning["chosen"]): string {
  return Object.entries(settings)
    .map(([name, value]) =>
      name === "learningRate"
        ? formatLearningRate(Number(value))
        : `${name.replace(/^method\./, "")} ${JSON.stringify(value)}`,
    )
    .join(", ");
}
