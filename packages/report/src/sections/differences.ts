import { formatDifference, NONE, plural } from "../format.ts";
import type { Html } from "../html/html.ts";
import { html } from "../html/html.ts";
import { taskText, taskTitle } from "../origin.ts";
import type { Recommendation } from "../recommend.ts";

/** Every pair of methods, compared seed by seed. Null where there is no pair. */
export function differencesSection(recommendations: readonly Recommendation[]): Html | null {
  const compared = recommendations.filter(({ comparisons }) => comparisons.length > 0);
  if (compared.length === 0) return null;
  return html`<section aria-labelledby="differences">
<h2 id="differences">Differences between methods</h2>
<p>Methods are compared seed by seed, for a seed gives all of them the same order of batches. An interval that includes zero shows no difference, which is not the same as showing that there is none. With several pairs on a task the intervals are widened (Bonferroni) so that all of them hold together at 95%.</p>
${compared.map(table)}</section>
`;
}

function table({ task, comparisons }: Recommendation): Html {
  const { scale } = task;
  return html`<details${comparisons.length <= 6 ? html` open` : null}><summary>${taskTitle(task)}, ${task.model}: ${plural(comparisons.length, "pair")}</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Differences on ${taskText(task)}">
<table class="differences" data-task="${task.task}">
<caption><span class="caption">Differences in ${scale.title}${scale.factor === 100 ? " (points)" : ""}, paired by seed</span></caption>
<thead><tr><th scope="col">First</th><th scope="col" class="text">Second</th><th scope="col">seeds</th><th scope="col">first − second</th><th scope="col">interval</th><th scope="col" class="text">what is shown</th></tr></thead>
<tbody>${comparisons.map(({ first, second, seeds, difference, interval, verdict }) => {
    const shown = {
      "first is better": `${first.method} is better`,
      "second is better": `${second.method} is better`,
      "none shown": `no difference shown at ${plural(seeds, "seed")}`,
    }[verdict];
    return html`<tr><th scope="row">${first.method}</th><td class="text">${second.method}</td><td>${seeds}</td><td>${difference === null ? NONE : html`<data value="${String(difference)}">${formatDifference(difference, scale)}</data>`}</td><td>${interval === null ? NONE : `${formatDifference(interval.low, scale)} to ${formatDifference(interval.high, scale)}`}</td><td class="text">${shown}</td></tr>\n`;
  })}</tbody>
</table></div></details>
`;
}
