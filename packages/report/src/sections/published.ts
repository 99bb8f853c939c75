import type { TaskSummary } from "../aggregate.ts";
import { formatCount, formatFixed, formatScore, listInWords, NONE } from "../format.ts";
import { groupBy } from "../groupBy.ts";
import type { Html } from "../html/html.ts";
import { html } from "../html/html.ts";
import { isMethod, isTask } from "../published/match.ts";
import type { PublishedFigures, PublishedRow } from "../published/schema.ts";

/** A published figure of a method that this page has. */
interface Found {
  readonly method: string;
  readonly row: PublishedRow;
}

/**
 * What others published of the tasks and methods of the page, apart from all that was measured here. Tasks of our own
 * making have none, whatever they are called. Null where there is nothing to say.
 */
export function publishedSection(
  tasks: readonly TaskSummary[],
  published: PublishedFigures | null,
): Html | null {
  if (published === null) return null;
  const own = tasks.filter(({ origin }) => origin === "published");
  const ids = [
    ...new Set(own.flatMap(({ methods }) => methods.flatMap(({ rows }) => rows.map(methodId)))),
  ].sort();
  const rows = published.rows.filter(({ unverified }) => !unverified);
  const tables = [...new Set(own.map(({ task }) => task))].flatMap((task) => {
    const found = foundIn(
      rows.filter((row) => isTask(row.task, task)),
      ids,
    );
    return found.length === 0 ? [] : [taskTable(task, own, found, published)];
  });
  const overall = foundIn(
    rows.filter((row) => row.task === "any"),
    ids,
  );
  const gaps = published.missing.flatMap((gap) =>
    ids.some((id) => gap.method.split(" / ").some((name) => isMethod(name, id))) ? [gap] : [],
  );
  if (tables.length + overall.length + gaps.length === 0) return null;
  return html`<section aria-labelledby="published">
<h2 id="published">Published by others</h2>
<p class="note">Nothing here was run by peftbench, and none of it is in any table, chart or average above. Models, ranks, places of adapters, data, training budgets and seeds differ from those of this page and from paper to paper: a difference between a published figure and one of ours says nothing of a method by itself.</p>
${gaps.map(
  ({ method, tables: names, reason }) =>
    html`<p class="note"><strong>${method}</strong>: missing here are the published tables of ${listInWords(names)} (${reason}).</p>\n`,
)}${overall.length === 0 ? null : overallList(overall, published)}${tables}</section>
`;
}

/** The id itself: a method that was run with several configurations has labels that no paper knows. */
function methodId({ result }: TaskSummary["methods"][number]["rows"][number]): string {
  return result.cell.method;
}

function foundIn(rows: readonly PublishedRow[], ids: readonly string[]): readonly Found[] {
  return ids.flatMap((method) =>
    rows.flatMap((row) => (isMethod(row.method, method) ? [{ method, row }] : [])),
  );
}

/** Claims over all tasks of a paper, such as how many times less memory. */
function overallList(found: readonly Found[], { tables }: PublishedFigures): Html {
  return html`<ul>${found.map(
    ({ row }) =>
      html`<li>${row.method}: <q>${row.metric.replaceAll("_", " ")}</q> = ${publishedValue(row.value)}; model: ${row.model}; ${tables[row.table]?.title ?? row.table} (${tables[row.table]?.source ?? ""})</li>\n`,
  )}</ul>
`;
}

function taskTable(
  task: string,
  own: readonly TaskSummary[],
  found: readonly Found[],
  published: PublishedFigures,
): Html {
  return html`<details><summary>${task}: ${formatCount(found.length)} published figures</summary>
<p class="note">${oursInWords(own.filter((each) => each.task === task))}</p>
<div class="scroll" tabindex="0" role="region" aria-label="Published by others on ${task}">
<table class="published" data-task="${task}">
<caption><span class="caption">Published by others on ${task}: values as they print them.</span></caption>
<thead><tr><th scope="col">Method</th><th scope="col" class="text">as named there</th><th scope="col" class="text">model</th><th scope="col">value</th><th scope="col" class="text">metric</th><th scope="col">trained parameters</th><th scope="col" class="text">source</th></tr></thead>
${groupBy(found, ({ method }) => method).map(
  (group) =>
    html`<tbody>${group.map(({ row }, index) => html`<tr>${index === 0 ? html`<th scope="rowgroup" rowspan="${group.length}"><span class="method">${group[0]?.method ?? ""}</span></th>` : null}${rowCells(row, published)}</tr>\n`)}</tbody>\n`,
)}</table></div>
${tableNotes(found, published)}</details>
`;
}

function rowCells(row: PublishedRow, { tables }: PublishedFigures): Html {
  const table = tables[row.table];
  const spread = row.std === undefined ? null : html` <small>± ${String(row.std)}</small>`;
  const label = row.params_label === "" ? null : row.params_label;
  const parameters = label ?? (row.params === null ? NONE : formatCount(row.params));
  const task = html`${row.metric} <small>${row.task}${row.task_inferred ? ", task inferred" : null}</small>`;
  return html`<td class="text">${row.method}</td><td class="text">${row.model}</td><td>${publishedValue(row.value)}${spread}</td><td class="text">${task}</td><td>${parameters}</td><td class="text">${table?.title ?? row.table}<br><small>${table?.source ?? ""} (${table?.source_kind ?? ""})</small></td>`;
}

/** As printed, but for digits that no paper prints. */
function publishedValue(value: number): string {
  return String(value).length > 7 ? formatFixed(value, 4) : String(value).replace("-", "−");
}

function tableNotes(found: readonly Found[], { tables }: PublishedFigures): Html | null {
  const ids = [...new Set(found.map(({ row }) => row.table))];
  const noted = ids.flatMap((id) => {
    const table = tables[id];
    return table === undefined || table.note === "" ? [] : [`${table.title}: ${table.note}`];
  });
  return noted.length === 0
    ? null
    : html`<ul class="note">${noted.map((note) => html`<li>${note}</li>\n`)}</ul>`;
}

/** Ours in a sentence, for the eye alone: they stay out of the table. */
function oursInWords(tasks: readonly TaskSummary[]): string {
  return tasks
    .map((task) => {
      const scores = task.methods.flatMap(({ method, mean }) =>
        mean === null ? [] : [`${method} ${formatScore(mean, task.scale)}`],
      );
      return scores.length === 0
        ? `No score here (${task.model}).`
        : `Here, on ${task.model} (${task.scale.title}): ${listInWords(scores)}.`;
    })
    .join(" ");
}
