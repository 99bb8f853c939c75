import type { ExampleText } from "@peftbench/harness";
import { allTasks } from "@peftbench/tasks";
import type { TaskSummary } from "../aggregate.ts";
import type { TaskComparisons } from "../compare.ts";
import type { Disagreement, Disagreements, MethodAnswer } from "../comparison/disagreements.ts";
import { findDisagreements } from "../comparison/disagreements.ts";
import { formatCount, formatFixed, listInWords, plural } from "../format.ts";
import { groupBy } from "../groupBy.ts";
import type { Html } from "../html/html.ts";
import { html, joinHtml } from "../html/html.ts";
import { taskText, taskTitle } from "../origin.ts";

/** Examples of a task on the page. */
const MOST_SHOWN = 8;

type Texts = ReadonlyMap<string, ReadonlyMap<string, ExampleText>>;

/** Examples on which methods disagree, folded, a few a task. Null where no two methods have predictions. */
export function disagreementsSection(
  tasks: readonly TaskSummary[],
  compared: readonly TaskComparisons[],
  texts: Texts,
): Html | null {
  const found = tasks.flatMap((task, index) => {
    const comparisons = compared[index];
    if (comparisons === undefined || comparisons.runs.size < 2) return [];
    const kind = kindOf(task);
    const disagreements = findDisagreements(comparisons.runs, comparisons.examples, kind, MOST_SHOWN);
    return disagreements.shown.length === 0 ? [] : [{ task, kind, disagreements }];
  });
  if (found.length === 0) return null;
  return html`<section aria-labelledby="disagreements">
<h2 id="disagreements">Examples on which methods disagree</h2>
<p class="note">Of each task the ${MOST_SHOWN} dev examples on which methods differ most: of classes those on which they split most evenly, of scores those on which they lie furthest apart. A method's answer is that of most of its seeds, or the mean of its seeds' scores.</p>
${found.map(({ task, kind, disagreements }) => taskExamples(task, kind, disagreements, textsOf(task, texts)))}</section>
`;
}

type Kind = "classification" | "regression";

function kindOf({ task, metric }: TaskSummary): Kind {
  const known = allTasks.find(({ id }) => id === task)?.kind;
  return known ?? (metric === "pearson" || metric === "spearman" ? "regression" : "classification");
}

function textsOf({ methods }: TaskSummary, texts: Texts): ReadonlyMap<string, ExampleText> {
  const ids = methods.flatMap(({ rows }) => rows.map(({ id }) => id));
  return ids.map((id) => texts.get(id)).find((each) => each !== undefined) ?? new Map();
}

function taskExamples(
  task: TaskSummary,
  kind: Kind,
  disagreements: Disagreements,
  texts: ReadonlyMap<string, ExampleText>,
): Html {
  return html`<details><summary>${taskTitle(task)}, ${task.model}${summary(disagreements)}</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Disagreements on ${taskText(task)}">
<table class="disagreements" data-task="${task.task}">
<thead><tr><th scope="col">Example</th><th scope="col" class="text">label</th><th scope="col" class="text">methods say</th></tr></thead>
<tbody>${disagreements.shown.map(
    (each) =>
      html`<tr data-example="${each.exampleId}"><th scope="row" class="text">${exampleCell(each, texts.get(each.exampleId))}</th><td class="text">${answerName(each.label, task, kind)}</td><td class="text">${answers(each, task, kind)}</td></tr>\n`,
  )}</tbody>
</table></div></details>
`;
}

function summary({ examples, differing, allRight, allWrong }: Disagreements): string {
  if (differing === null || allRight === null || allWrong === null) {
    return `: ${plural(examples, "example")}`;
  }
  return `: methods disagree on ${formatCount(differing)} of ${plural(examples, "example")}; all are right on ${formatCount(allRight)}, none on ${formatCount(allWrong)}`;
}

function exampleCell({ exampleId }: Disagreement, text: ExampleText | undefined): Html {
  const id = html`<code class="quiet">${exampleId}</code>`;
  if (text === undefined) return id;
  return html`${text.text}${text.pair === null ? null : html`<br>${text.pair}`}<br>${id}`;
}

/** `positive: full, lora (2 of 3 seeds)`, an answer a line, the right one first. */
function answers({ answers: all, label }: Disagreement, task: TaskSummary, kind: Kind): Html {
  if (kind === "regression") {
    return html`${listInWords(
      all
        .toSorted((a, b) => a.answer - b.answer)
        .map(({ method, answer }) => `${method} ${formatAnswer(answer)}`),
    )}`;
  }
  const groups = groupBy(all, ({ answer }) => String(answer)).toSorted(
    ([a], [b]) => Number(b?.answer === label) - Number(a?.answer === label),
  );
  return joinHtml(
    groups.map(([first, ...more]) => {
      const name = first === undefined ? "" : answerName(first.answer, task, kind);
      const methods = [first, ...more].flatMap((each) => (each === undefined ? [] : [methodText(each)]));
      return first?.answer === label
        ? html`<strong>${name}</strong>: ${listInWords(methods)}`
        : html`${name}: ${listInWords(methods)}`;
    }),
    html`<br>`,
  );
}

function methodText({ method, agreeing, seeds }: MethodAnswer): string {
  return agreeing === seeds ? method : `${method} (${agreeing} of ${plural(seeds, "seed")})`;
}

function answerName(answer: number, { task }: TaskSummary, kind: Kind): string {
  if (kind === "regression") return formatAnswer(answer);
  const known = allTasks.find(({ id }) => id === task);
  const name = known?.kind === "classification" ? known.labels[answer]?.name : undefined;
  return name ?? (Number.isFinite(answer) ? String(answer) : "no finite answer");
}

function formatAnswer(answer: number): string {
  return Number.isFinite(answer) ? formatFixed(answer, 2) : "not finite";
}
