import type { MethodSummary, TaskSummary } from "../aggregate.ts";
import { formatFixed, NONE } from "../format.ts";
import type { Html } from "../html/html.ts";
import { html } from "../html/html.ts";
import { originLabel, suiteTitle } from "../origin.ts";

interface Cost {
  readonly id: string;
  readonly title: string;
  readonly of: (summary: MethodSummary) => number | null;
}

const withHead = ({ head }: MethodSummary, value: number | null): number | null =>
  value === null || head === null ? null : value + head;

const costs: readonly Cost[] = [
  { id: "initial", title: "initial", of: ({ trainableInitial }) => trainableInitial },
  { id: "average", title: "average", of: ({ trainableAverage }) => trainableAverage },
  { id: "final", title: "final", of: ({ trainableFinal }) => trainableFinal },
  { id: "initial-head", title: "initial", of: (each) => withHead(each, each.trainableInitial) },
  { id: "average-head", title: "average", of: (each) => withHead(each, each.trainableAverage) },
  { id: "final-head", title: "final", of: (each) => withHead(each, each.trainableFinal) },
  { id: "peak", title: "live peak", of: ({ peakLiveBytes }) => peakLiveBytes },
];

/**
 * How many times less each method trains and holds than the reference, task by task as the two were run there. Null
 * where the reference was not run, or nothing beside it.
 */
export function ratioTable(tasks: readonly TaskSummary[], reference: string | null): Html | null {
  const [first] = tasks;
  const hasReference = tasks.some((task) => task.methods.some(({ method }) => method === reference));
  const others = [...new Set(tasks.flatMap((task) => task.methods.map(({ method }) => method)))].filter(
    (method) => method !== reference,
  );
  if (first === undefined || reference === null || !hasReference || others.length === 0) return null;
  const words = originLabel(first.origin);
  const place = `${suiteTitle(first.suite)}${words === null ? "" : ` (${words})`}, ${first.model}`;
  return html`<details><summary>How many times less than ${reference}: ${place}</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Costs beside ${reference}'s: ${place}">
<table class="ratios" data-reference="${reference}">
<caption><span class="caption">What ${reference} trains or holds, divided by what the method does: 2× is half as much, 0.5× twice as much. A span where tasks differ. The head is the same for all methods of a task, and makes ratios smaller.</span></caption>
<colgroup><col><col span="3"><col span="3"><col></colgroup>
<thead>
<tr><td></td><th scope="colgroup" colspan="3">Trained, without head</th><th scope="colgroup" colspan="3">Trained, with head</th><th scope="col">Memory</th></tr>
<tr><th scope="col">Method</th>${costs.map(({ title }) => html`<th scope="col">${title}</th>`)}</tr>
</thead>
<tbody>
${others.map(
  (method) =>
    html`<tr data-method="${method}"><th scope="row">${method}</th>${costs.map(({ id, of }) => ratioCell(id, ratios(tasks, method, reference, of)))}</tr>\n`,
)}</tbody>
</table></div></details>
`;
}

function ratios(
  tasks: readonly TaskSummary[],
  method: string,
  reference: string,
  of: (summary: MethodSummary) => number | null,
): readonly number[] {
  return tasks.flatMap(({ methods }) => {
    const costOf = (name: string): number | null => {
      const found = methods.find((each) => each.method === name);
      return found === undefined ? null : of(found);
    };
    const [ours, theirs] = [costOf(method), costOf(reference)];
    return ours === null || theirs === null || ours === 0 ? [] : [theirs / ours];
  });
}

function ratioCell(id: string, values: readonly number[]): Html {
  if (values.length === 0) return html`<td class="quiet">${NONE}</td>`;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const end = html`<data class="ratio-${id}" value="${String(high)}">${formatRatio(high)}×</data>`;
  return html`<td>${formatRatio(low) === formatRatio(high) ? null : `${formatRatio(low)}–`}${end}</td>`;
}

function formatRatio(ratio: number): string {
  return formatFixed(ratio, ratio >= 100 ? 0 : ratio >= 10 ? 1 : ratio >= 0.1 ? 2 : 3);
}
