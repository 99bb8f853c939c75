import type { ResultData, RunResult } from "@peftbench/harness";
import { listInWords } from "./format.ts";
import { groupBy } from "./groupBy.ts";
import type { Html } from "./html/html.ts";
import { html } from "./html/html.ts";

export type DataOrigin = ResultData["origin"];

/** A task as far as a reader has to know what its text is. */
export interface NamedTask {
  readonly task: string;
  readonly origin: DataOrigin;
}

interface SuiteName {
  readonly title: string;
  readonly origin: DataOrigin;
}

/** Suites that have a name for people; any other goes by its id. */
const suiteNames: Readonly<Record<string, SuiteName>> = {
  glue: { title: "GLUE", origin: "published" },
  offline: { title: "Offline tasks", origin: "bundled" },
  "glue-mini": { title: "glue-mini", origin: "synthetic" },
};

const originOrder: readonly DataOrigin[] = ["published", "bundled", "synthetic"];

/** What is said beside every name of a task; nothing for data published for its purpose. */
const originWords: Readonly<Record<DataOrigin, string | null>> = {
  published: null,
  bundled: "real text, not GLUE",
  synthetic: "synthetic",
};

/**
 * What the data of a run is. A run that broke off before it read any has none, and older results do not say: then its
 * suite tells.
 */
export function originOf({ cell, data }: RunResult): DataOrigin {
  const said = data?.origin ?? "published";
  return said === "published" ? (suiteNames[cell.suite]?.origin ?? said) : said;
}

/** Real tasks before synthetic ones. */
export function compareOrigins(a: DataOrigin, b: DataOrigin): number {
  return originOrder.indexOf(a) - originOrder.indexOf(b);
}

export function suiteTitle(suite: string): string {
  return suiteNames[suite]?.title ?? suite;
}

/** `GLUE`, `Offline tasks (real text, not GLUE)`, `glue-mini (synthetic)` */
export function suiteWithOrigin(suite: string, origin: DataOrigin): string {
  return withWords(suiteTitle(suite), [originWords[origin]]);
}

/** What a page of these results is called: the suites that ran, and no other. */
export function titleOf(results: readonly RunResult[]): string {
  const suites = groupBy(results, (result) => JSON.stringify([result.cell.suite, originOf(result)]))
    .flatMap(([first]) => (first === undefined ? [] : [{ suite: first.cell.suite, origin: originOf(first) }]))
    .sort((a, b) => compareOrigins(a.origin, b.origin));
  if (suites.length === 0) return "Fine-tuning methods compared";
  // A reader of a title alone shall not take real text for a known benchmark; that it is none of GLUE is said below.
  const titles = suites.map(({ suite, origin }) =>
    origin === "bundled" ? withWords(suiteTitle(suite), ["real text"]) : suiteWithOrigin(suite, origin),
  );
  return listInWords(titles);
}

/** The words alone: `synthetic`; null where there are none. */
export function originLabel(origin: DataOrigin): string | null {
  return originWords[origin];
}

/** In a heading or a table: the name, and a tag beside it. */
export function taskTitle({ task, origin }: NamedTask): Html {
  const words = originWords[origin];
  return html`${task}${words === null ? null : html` <span class="origin">${words}</span>`}`;
}

/** In a sentence: `sst2`, `mini-sentiment (synthetic)`. */
export function taskText({ task, origin }: NamedTask): string {
  return withWords(task, [originWords[origin]]);
}

/** With its model: `sst2 (minilm)`, `mini-sentiment (synthetic; minilm)`. */
export function taskPlace({ task, origin, model }: NamedTask & { readonly model: string }): string {
  return withWords(task, [originWords[origin], model]);
}

/** Several tasks, those of one origin together: `era and spam (real text, not GLUE) and mini-sentiment (synthetic)`. */
export function listTasks(tasks: readonly NamedTask[]): string {
  return listGroups(tasks.map(({ task, origin }) => ({ task, words: [originWords[origin]] })));
}

/** The same with their models: `rte and sst2 (minilm)`. */
export function listPlaces(tasks: readonly (NamedTask & { readonly model: string })[]): string {
  return listGroups(tasks.map(({ task, origin, model }) => ({ task, words: [originWords[origin], model] })));
}

function listGroups(
  tasks: readonly { readonly task: string; readonly words: readonly (string | null)[] }[],
): string {
  const groups = groupBy(tasks, ({ words }) => JSON.stringify(words));
  return listInWords(
    groups.map((group) =>
      withWords(listInWords([...new Set(group.map(({ task }) => task))]), group[0]?.words ?? []),
    ),
  );
}

function withWords(name: string, words: readonly (string | null)[]): string {
  const said = words.filter((word) => word !== null);
  return said.length === 0 ? name : `${name} (${said.join("; ")})`;
}
