import type { MethodSummary } from "../aggregate.ts";
import { trainableShare } from "../aggregate.ts";
import type { Comparison } from "../compare.ts";
import { MARGIN } from "../compare.ts";
import {
  formatDifference,
  formatDuration,
  formatMb,
  formatMs,
  formatScoreWithUnit,
  formatShare,
  listInWords,
  plural,
} from "../format.ts";
import { groupBy } from "../groupBy.ts";
import type { Html } from "../html/html.ts";
import { html, joinHtml } from "../html/html.ts";
import { listTasks, suiteWithOrigin, taskPlace, taskText } from "../origin.ts";
import type { Recommendation } from "../recommend.ts";
import type { RunRow } from "../runs.ts";

/** The answer in a sentence, what it does not say, and for several tasks an answer each. */
export function verdictSection(recommendations: readonly Recommendation[], rows: readonly RunRow[]): Html {
  const [only] = recommendations;
  if (only === undefined) return html`<p class="verdict">There are no results to report.</p>`;
  if (recommendations.length === 1) {
    return html`<p class="verdict">${taskSentence(only)}</p>
${caveat(only)}
${facts(rows)}`;
  }
  return html`${suiteVerdicts(recommendations)}${unbeatenSentence(recommendations)}${oneSeedSentence(recommendations)}
<p class="caveat">${ruleText}</p>
${facts(rows)}
<details class="per-task"><summary>Task by task</summary>
<ul>${recommendations.map((each) => html`<li>${taskSentence(each)} ${caveatText(each)}</li>\n`)}</ul>
</details>`;
}

const ruleText =
  "Chosen is, of the methods that are shown to be better than the strongest baseline, the one with the lowest peak " +
  `memory among the best mean and those within ${MARGIN * 100} point of it that are not shown to be worse.`;

function taskSentence(recommendation: Recommendation): Html {
  const { task, best, pick, against } = recommendation;
  const where = taskPlace(task);
  if (best === null) {
    return html`No run on ${where} came to a score, so there is nothing to recommend: ${failureCounts(recommendation)}.`;
  }
  if (pick === null) return notShownSentence(recommendation);
  const scored = task.methods.filter(({ mean }) => mean !== null);
  const score = (summary: MethodSummary): string => formatScoreWithUnit(summary.mean ?? 0, task.scale);
  const metric = task.metric ?? "score";
  if (scored.length === 1) {
    return html`Only ${name(pick)} came to a score on ${where}, ${score(pick)} ${metric} over ${plural(pick.scored, "seed")}, so there is nothing to compare it with; it ${costs(pick, null)}.${beatenText(recommendation)}`;
  }
  if (pick !== best) {
    return html`Use ${name(pick)} for ${where}: ${against?.verdict === "equivalent" ? "it is shown to be equivalent to" : "no difference from"} ${name(best)}${against?.verdict === "equivalent" ? ` within ${MARGIN * 100} point` : " is shown"} at ${plural(against?.seeds ?? 0, "seed")} (${score(pick)} against ${score(best)} ${metric}), and it ${costs(pick, best)}.${beatenText(recommendation)}`;
  }
  return html`Use ${name(pick)} for ${where}: it has the best mean, ${score(pick)} ${metric} over ${plural(pick.scored, "seed")}, ${standing(recommendation)}; it ${costs(pick, null)}.${beatenText(recommendation)}`;
}

/** How the best method stands to the others. */
function standing({ best, comparisons }: Recommendation): Html {
  const toOthers = comparisons.filter(({ first }) => first === best);
  const open = toOthers.filter(({ verdict }) => verdict !== "first is better");
  if (open.length === 0) return html`and is shown to be better than ${names(toOthers)}`;
  const seeds = Math.min(...open.map((comparison) => comparison.seeds));
  const equivalent = open.filter(({ verdict }) => verdict === "equivalent");
  const unknown = open.filter(({ verdict }) => verdict !== "equivalent");
  const parts = [
    unknown.length === 0 ? null : html`no difference from ${names(unknown)} is shown`,
    equivalent.length === 0
      ? null
      : html`it is shown to be equivalent to ${names(equivalent)} within ${MARGIN * 100} point`,
  ].filter((part) => part !== null);
  return html`though ${joinHtml(parts, " and ")} at ${plural(seeds, "seed")}`;
}

function names(comparisons: readonly Comparison[]): Html {
  const methods = comparisons.map(({ second }) => name(second));
  if (methods.length < 2) return html`${methods}`;
  return html`${joinHtml(methods.slice(0, -1), ", ")} and ${methods.at(-1) ?? null}`;
}

/** `peaks at 371 MB (planned) where full needs 696 MB, trains 0.98% of the parameters and takes 412 ms a step` */
function costs(pick: MethodSummary, other: MethodSummary | null): Html {
  const parts: Html[] = [];
  const { peakLiveBytes: peak, stepMs } = pick;
  if (peak !== null) {
    const otherPeak = other?.peakLiveBytes ?? null;
    const instead = otherPeak === null ? "" : ` instead of ${formatMb(otherPeak)} MB`;
    parts.push(html`needs ${formatMb(peak)} MB${instead} at its peak (${pick.memorySource ?? "unknown"})`);
  }
  const share = trainableShare(pick);
  if (share !== null) {
    parts.push(
      html`trains ${formatShare(share)} of the parameters${pick.trainableInitial === 0 ? " (the head)" : ""}`,
    );
  }
  if (stepMs !== null) {
    const otherMs = other?.stepMs ?? null;
    const instead = otherMs === null ? "" : ` instead of ${formatMs(otherMs)}`;
    parts.push(html`takes ${formatMs(stepMs)} ms a step${instead}`);
  }
  if (pick.trainMs !== null && other === null)
    parts.push(html`trains for ${formatDuration(pick.trainMs)} a run`);
  if (parts.length === 0) return html`left no record of what it costs`;
  if (parts.length === 1) return html`${parts}`;
  return html`${joinHtml(parts.slice(0, -1), ", ")} and ${parts.at(-1) ?? null}`;
}

/** Without an advice: what no method is shown to be better than, and by how much the best of them misses it. */
function notShownSentence(recommendation: Recommendation): Html {
  const where = taskPlace(recommendation.task);
  const figures = strongestFigures(recommendation);
  return html`<strong>No method is shown to be better than ${recommendation.strongest?.title ?? "the baseline"}</strong> on ${where}, so none is recommended: ${figures ?? "no other method came to a score"}.`;
}

/** `95.0% against lora's 88.9% accuracy, −6.1 points (95% interval −8.0 to −4.2)` */
function strongestFigures({ task, strongest }: Recommendation): string | null {
  if (strongest === null || strongest.against === null) return null;
  const { method, comparison } = strongest.against;
  const { scale } = task;
  const { difference, interval, seeds } = comparison;
  const points =
    difference === null ? "no common seed" : `${formatDifference(difference, scale)}${scale.differenceUnit}`;
  const range =
    interval === null
      ? `${plural(seeds, comparison.first.scored === seeds ? "seed" : "common seed")}, no test`
      : `95% interval ${formatDifference(interval.low, scale)} to ${formatDifference(interval.high, scale)}, ${plural(seeds, comparison.first.scored === seeds ? "seed" : "common seed")}`;
  return `${formatScoreWithUnit(strongest.value, scale)} against ${method.method}'s ${formatScoreWithUnit(method.mean ?? 0, scale)} ${task.metric ?? "score"}, ${points} (${range})`;
}

/** What the chosen method is shown to be better than. */
function beatenText({ strongest, task }: Recommendation): Html | null {
  if (strongest === null) return null;
  const { title, value, needsModel } = strongest;
  return html` It is shown to be better than the strongest baseline, ${title} (${formatScoreWithUnit(value, task.scale)}${needsModel ? ", the head alone" : ", without the model"}).`;
}

/** The tasks on which nothing was bought: said at the head, as it undoes every advice. */
function unbeatenSentence(recommendations: readonly Recommendation[]): Html | null {
  const found = recommendations.flatMap((each) =>
    each.pick === null && each.strongest !== null && each.best !== null
      ? [{ task: each.task, strongest: each.strongest, figures: strongestFigures(each) }]
      : [],
  );
  if (found.length === 0) return null;
  const sentences = groupBy(found, ({ strongest }) => strongest.title).map((group) => {
    const tasks = group.map(({ task, figures }) => `${taskText(task)}: ${figures ?? "no other score"}`);
    const { title = "", needsModel = false } = group[0]?.strongest ?? {};
    return html`<strong>No method is shown to be better than ${title}</strong>, which ${needsModel ? "trains the head alone" : "needs no model at all"}, on ${tasks.join("; ")}.`;
  });
  return html`<div class="unbeaten">${sentences.map((sentence) => html`<p>${sentence}</p>`)}</div>`;
}

/** Where a page rests on single seeds, in a sentence of its own. */
function oneSeedSentence(recommendations: readonly Recommendation[]): Html | null {
  const tasks = recommendations
    .filter(({ comparisons, baselineComparisons }) =>
      [...comparisons, ...baselineComparisons].some(({ seeds }) => seeds === 1),
    )
    .map(({ task }) => task);
  if (tasks.length === 0) return null;
  return html`<p class="caveat">One seed: what is said of ${listTasks(tasks)} rests, in part or whole, on comparisons of one seed, which speak for that seed's training alone.</p>`;
}

/** A sentence a suite: what holds for real text and what holds for synthetic text are two answers. */
function suiteVerdicts(recommendations: readonly Recommendation[]): readonly Html[] {
  const suites = groupBy(recommendations, ({ task }) => JSON.stringify([task.suite, task.origin]));
  return suites.map((group) => {
    const [first] = group;
    const said = first !== undefined && group.length === 1 ? taskSentence(first) : overallSentence(group);
    if (first === undefined || (suites.length === 1 && first.task.origin === "published")) {
      return html`<p class="verdict">${said}</p>\n`;
    }
    return html`<p class="verdict"><span class="suite">${suiteWithOrigin(first.task.suite, first.task.origin)}</span> ${said}</p>\n`;
  });
}

function overallSentence(recommendations: readonly Recommendation[]): Html {
  const answered = recommendations.filter(({ pick }) => pick !== null);
  const tasksByMethod = new Map<string, string[]>();
  const models = new Set(recommendations.map(({ task }) => task.model));
  const labelOf = ({ task }: Pick<Recommendation, "task">): string =>
    models.size === 1 ? task.task : `${task.task} (${task.model})`;
  for (const { pick, task } of answered) {
    if (pick === null) continue;
    tasksByMethod.set(pick.method, [...(tasksByMethod.get(pick.method) ?? []), labelOf({ task })]);
  }
  const ranked = [...tasksByMethod].sort(([, a], [, b]) => b.length - a.length);
  const [winner] = ranked;
  const count = recommendations.length;
  const open = recommendations.filter(({ best, pick }) => best !== null && pick === null);
  if (winner === undefined) {
    return open.length === 0
      ? html`No run came to a score on any task, so there is nothing to recommend.`
      : html`No method is shown to be better than the strongest baseline on any of ${count} tasks, so none is recommended.`;
  }
  const peaks = answered.flatMap(({ pick }) =>
    pick?.method === winner[0] ? (pick.peakLiveBytes ?? []) : [],
  );
  const cost =
    peaks.length === 0
      ? ""
      : `, with ${peaks.length === 1 ? "" : "at most "}${formatMb(Math.max(...peaks))} MB at its peak`;
  if (winner[1].length === count) {
    return html`Use <strong>${winner[0]}</strong>: on all ${count} tasks it is shown to be better than the strongest baseline, and is the cheapest in memory of those at or near the best mean${cost}.`;
  }
  const rest = ranked
    .slice(1)
    .map(([method, tasks]) => html`on ${listInWords(tasks)} it is <strong>${method}</strong>`);
  const none =
    open.length === 0
      ? []
      : [
          html`on ${listInWords(open.map(labelOf))} no method is shown to be better than the strongest baseline`,
        ];
  const others = rest.length + none.length === 0 ? null : html`; ${joinHtml([...rest, ...none], ", ")}`;
  if (rest.length === 0 && none.length > 0) {
    return html`Use <strong>${winner[0]}</strong> on ${listInWords(winner[1])}: it is shown to be better than the strongest baseline, and is the cheapest in memory of those at or near the best mean${cost}${others}.`;
  }
  return html`No method is the one to use everywhere: <strong>${winner[0]}</strong> is the cheapest at or near the best mean on ${winner[1].length} of ${count} tasks (${listInWords(winner[1])})${cost}${others}.`;
}

function caveat(recommendation: Recommendation): Html | null {
  if (recommendation.best === null) return null;
  return html`${oneSeedSentence([recommendation])}<p class="caveat">${caveatText(recommendation)} ${ruleText}</p>`;
}

/** How large a difference the runs leave open. */
function caveatText({ task, best, pick, against, comparisons }: Recommendation): Html | null {
  if (best === null || pick === null) return null;
  const open =
    pick === best
      ? comparisons.find(({ first, verdict }) => first === best && verdict === "none shown")
      : against;
  if (open === undefined || open === null || open.verdict !== "none shown") return null;
  const [first, second] = [open.first.method, open.second.method];
  if (open.interval === null) {
    return html`With ${plural(open.seeds, "common seed")} no difference between ${second} and ${first} could be shown, however large${open.tests.problem === null ? null : html` (${open.tests.problem})`}.`;
  }
  const low = formatDifference(-open.interval.high, task.scale);
  const high = formatDifference(-open.interval.low, task.scale);
  return html`Not shown is not the same as equal: ${second} minus ${first} may be anything from ${low} to ${high}${task.scale.differenceUnit} (95% interval).`;
}

function failureCounts({ task }: Recommendation): string {
  const counts = new Map<string, number>();
  for (const { failures } of task.methods) {
    for (const { status, seeds } of failures) counts.set(status, (counts.get(status) ?? 0) + seeds.length);
  }
  return listInWords([...counts].map(([status, count]) => `${count} ${status}`));
}

/** What the figures are of, in a line. */
function facts(rows: readonly RunRow[]): Html {
  const distinct = (values: readonly (string | null)[]): readonly string[] => [
    ...new Set(values.flatMap((value) => value ?? [])),
  ];
  const trained = distinct(rows.map(({ result }) => result.data?.rows.train.toLocaleString("en-US") ?? null));
  const scored = distinct(rows.map(({ count }) => count?.toLocaleString("en-US") ?? null));
  const processors = distinct(
    rows.map(
      ({ result: { environment } }) =>
        environment.adapter ?? `${environment.cpuModel}, ${plural(environment.threads, "thread")}`,
    ),
  );
  const items = [
    plural(rows.length, "run"),
    plural(distinct(rows.map(({ method }) => method)).length, "method"),
    plural(distinct(rows.map(({ task }) => task)).length, "task"),
    plural(distinct(rows.map(({ seed }) => String(seed))).length, "seed"),
    trained.length === 1 ? `${trained[0]} training examples` : null,
    scored.length === 1 ? `${scored[0]} dev examples` : null,
    processors.length === 1 ? (processors[0] ?? null) : plural(processors.length, "kind of processor"),
  ].filter((item) => item !== null);
  return html`<p class="facts">${joinHtml(items, html`<span aria-hidden="true"> · </span>`)}</p>`;
}

function name(summary: MethodSummary): Html {
  return html`<strong>${summary.method}</strong>`;
}
