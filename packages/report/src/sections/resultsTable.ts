import type { Failure, FurtherScore, MethodSummary, TaskSummary } from "../aggregate.ts";
import { trainableShare, trainableWithHead } from "../aggregate.ts";
import { baselineTitle, splitMethods } from "../baselines.ts";
import {
  formatCount,
  formatDuration,
  formatMb,
  formatMs,
  formatScore,
  formatShare,
  listInWords,
  plural,
} from "../format.ts";
import { figure } from "../html/figure.ts";
import type { Html, HtmlValue } from "../html/html.ts";
import { html } from "../html/html.ts";
import { taskText, taskTitle } from "../origin.ts";
import type { Recommendation } from "../recommend.ts";

/** Quality and cost of every method on one task. Each figure's exact value stands in its `data` element. */
export function resultsTable({ task, pick }: Recommendation): Html {
  const memorySource = sharedSource(task.methods);
  const memoryNote = memorySource === null ? null : html`<br><small>${memorySource}</small>`;
  const title = capitalize(task.scale.title);
  const { methods, headAlone } = splitMethods(task.methods);
  const rows = (summaries: readonly MethodSummary[]): readonly Html[] =>
    summaries.map((summary) => row(summary, task, summary === pick, memorySource === null));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Results on ${taskText(task)}">
<table class="results" data-model="${task.model}" data-task="${task.task}">
<caption><span class="caption"><strong>${taskTitle(task)}</strong>, ${task.model}${countNote(task)}</span></caption>
<colgroup><col><col span="3"><col span="3"><col><col span="3"></colgroup>
<thead>
<tr><td></td><th scope="colgroup" colspan="3">${title}</th><th scope="colgroup" colspan="3">Trained parameters</th><th scope="col">Memory</th><th scope="colgroup" colspan="3">Time</th></tr>
<tr><th scope="col">Method</th><th scope="col">mean ± sd</th><th scope="col">n</th><th scope="col">95% interval</th><th scope="col">without head</th><th scope="col">with head</th><th scope="col">share of all</th><th scope="col">peak, MB${memoryNote}</th><th scope="col">step, ms</th><th scope="col">tokens/s</th><th scope="col">training</th></tr>
</thead>
<tbody>
${rows(methods)}</tbody>
${headAlone.length + task.baselines.length === 0 ? null : html`<tbody class="baselines">\n${rows(headAlone)}${baselineRows(task)}</tbody>\n`}</table>
</div>`;
}

function row(summary: MethodSummary, task: TaskSummary, isPick: boolean, nameSource: boolean): Html {
  const share = trainableShare(summary);
  const withHead = trainableWithHead(summary);
  const { trainableFinal: final, trainableInitial: initial, head } = summary;
  const shrinks = final !== null && initial !== null && final !== initial;
  const withHeadFinal = shrinks && head !== null ? final + head : null;
  const tag = isPick ? html` <span class="tag">chosen</span>` : null;
  const source =
    nameSource && summary.memorySource !== null ? html` <small>${summary.memorySource}</small>` : null;
  return html`<tr data-method="${summary.method}"${isPick ? html` class="pick"` : null}>
<th scope="row"><span class="method">${summary.method}</span>${tag}${summary.scored > 0 ? summary.failures.map((failure) => partialFailure(failure, summary)) : null}</th>
${summary.scored > 0 ? scoreCells(summary, task) : html`<td colspan="3" class="failed">${summary.failures.map(fullFailure)}</td>`}
<td>${figure("trainable", initial, formatCount)}${shrinks ? html`<br><small>→ ${figure("trainable-final", final, formatCount)}</small>` : null}</td>
<td>${figure("trainable-with-head", withHead, formatCount)}${withHeadFinal === null ? null : html`<br><small>→ ${formatCount(withHeadFinal)}</small>`}</td>
<td>${figure("share", share, formatShare)}</td>
<td>${figure("peak", summary.peakLiveBytes, formatMb)}${source}</td>
<td>${figure("step", summary.stepMs, formatMs)}</td>
<td>${figure("tokens", summary.tokensPerSecond, formatCount)}</td>
<td>${figure("train", summary.trainMs, formatDuration)}</td>
</tr>
`;
}

function scoreCells(summary: MethodSummary, task: TaskSummary): Html {
  const { scale } = task;
  const { interval, deviation } = summary;
  const spread =
    deviation === null
      ? null
      : html`<span class="quiet">± ${figure("deviation", deviation, (value) => formatScore(value, scale))}</span>`;
  const range: HtmlValue =
    interval === null
      ? html`<span class="quiet">needs 2 seeds</span>`
      : html`${figure("low", interval.low, (value) => formatScore(value, scale))} to ${figure("high", interval.high, (value) => formatScore(value, scale))}`;
  return html`<td class="score">${figure("mean", summary.mean, (value) => formatScore(value, scale))} ${spread}${summary.further.map((each) => furtherScore(each, task))}</td>
<td class="quiet">${figure("n", summary.scored, formatCount)}</td>
<td>${range}</td>`;
}

/** Named in full: it is of other examples than the score above it. */
function furtherScore(
  { split, metric, mean, deviation, scored }: FurtherScore,
  { scale }: TaskSummary,
): Html {
  const spread = deviation === null ? "" : ` ± ${formatScore(deviation, scale)}`;
  return html`<br><small>${split} ${metric} ${figure(`further-${split}-${metric}`, mean, (value) => formatScore(value, scale))}${spread}, n ${scored}</small>`;
}

const statusWords: Readonly<Record<Failure["status"], string>> = {
  ok: "no score",
  failed: "failed",
  oom: "out of memory",
  diverged: "diverged",
  interrupted: "interrupted",
};

function partialFailure({ status, reason, seeds }: Failure, summary: MethodSummary): Html {
  return html`<small class="failure"><strong>${statusWords[status]}</strong> in ${seeds.length} of ${plural(summary.runs, "seed")} (${listInWords(seeds.map(String))}): ${shorten(reason)}</small>`;
}

function fullFailure({ status, reason, seeds }: Failure): Html {
  return html`<span class="failure"><strong>${statusWords[status]}</strong> in ${plural(seeds.length, "seed")} (${listInWords(seeds.map(String))}): ${shorten(reason)}</span>`;
}

/** The table of runs has the whole text. */
function shorten(text: string): string {
  return text.length <= 160 ? text : `${text.slice(0, 157)}…`;
}

function baselineRows({ baselines, scale }: TaskSummary): readonly Html[] {
  return baselines.map(
    ({ name, value }) =>
      html`<tr data-baseline="${name}"><th scope="row">${baselineTitle(name)} <small>without the model</small></th><td class="score">${figure("mean", value, (each) => formatScore(each, scale))}</td><td colspan="9"></td></tr>\n`,
  );
}

function sharedSource(methods: readonly MethodSummary[]): string | null {
  const sources = new Set(methods.flatMap(({ memorySource }) => memorySource ?? []));
  const [source = null] = sources;
  return sources.size === 1 && source !== "mixed" ? source : null;
}

function countNote(task: TaskSummary): string {
  return task.count === null ? "" : `, scored on ${formatCount(task.count)} dev examples`;
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
