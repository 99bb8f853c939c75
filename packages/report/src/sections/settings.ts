import { formatLearningRate, NONE } from "../format.ts";
import { groupBy } from "../groupBy.ts";
import type { Html } from "../html/html.ts";
import { html, joinHtml } from "../html/html.ts";
import type { RunRow } from "../runs.ts";
import type { MethodSettings, SettingValue } from "../settings.ts";
import { compareSettings, summarizeSettings } from "../settings.ts";
import { tuningPart } from "./tuning.ts";

/** With what each method was run: what sets methods apart in a table, everything behind a summary. */
export function settingsSection(rows: readonly RunRow[]): Html | null {
  if (rows.length === 0) return null;
  return html`<section aria-labelledby="settings">
<h2 id="settings">Settings of each method</h2>
<p>A method's score is that of the method with these settings. Learning rates in particular may differ from method to method.</p>
${groupBy(rows, ({ model }) => model).map((group) => modelSettings(group[0]?.model ?? "", summarizeSettings(group)))}${tuningPart(rows)}</section>
`;
}

/** Given a column whether or not it differs. */
const LEARNING_RATE = "learningRate";

function modelSettings(model: string, methods: readonly MethodSettings[]): Html {
  const training = compareSettings(methods, "training");
  const own = compareSettings(methods, "own");
  const ranks = [...new Set(methods.flatMap((each) => [...each.own.keys()].filter(isRank)))];
  const ownColumns = own.differing.filter((name) => !isRank(name));
  const trainingColumns = training.differing.filter((name) => name !== LEARNING_RATE);
  const shared = own.shared.filter(({ name }) => !isRank(name));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Settings of each method, ${model}">
<table class="settings" data-model="${model}">
<caption><span class="caption"><strong>${model}</strong>: learning rates, ranks, and what else is not the same for all methods that have it.</span></caption>
<thead><tr><th scope="col">Method</th><th scope="col" class="text">learning rate</th>${ranks.length === 0 ? null : html`<th scope="col" class="text">rank</th>`}${[...ownColumns, ...trainingColumns].map((name) => html`<th scope="col" class="text">${inWords(name)}</th>`)}</tr></thead>
<tbody>
${methods.map(
  (
    each,
  ) => html`<tr data-method="${each.method}"><th scope="row"><span class="method">${each.method}</span></th><td class="text" data-setting="${LEARNING_RATE}">${valueCell(LEARNING_RATE, each.training)}</td>${ranks.length === 0 ? null : html`<td class="text">${rankCell(ranks, each)}</td>`}${ownColumns.map((name) => html`<td class="text" data-setting="${name}">${valueCell(name, each.own)}</td>`)}${trainingColumns.map((name) => html`<td class="text" data-setting="${name}">${valueCell(name, each.training)}</td>`)}</tr>
`,
)}</tbody>
</table></div>
${
  shared.length === 0
    ? null
    : html`<p class="note">The same for every method that has it: ${joinHtml(
        shared.map(({ name, value }) => html`${inWords(name)} ${shownValue(name, value)}`),
        "; ",
      )}.</p>
`
}<details><summary>All settings</summary>
<div class="scroll" tabindex="0" role="region" aria-label="All settings, ${model}">
<table class="provenance all-settings"><caption><span class="caption">Settings of training, then of each method.</span></caption>
<tbody>${training.shared.map(({ name, value }) => line(`training: ${inWords(name)}`, shownValue(name, value)))}${methods.flatMap(
    (each) => [
      ...unsharedTraining(
        each,
        training.shared.map(({ name }) => name),
      ).map(([name, values]) =>
        line(`${each.method}, training: ${inWords(name)}`, shownValues(name, values)),
      ),
      ...[...each.own].map(([name, values]) =>
        line(`${each.method}: ${inWords(name)}`, shownValues(name, values)),
      ),
    ],
  )}</tbody></table></div></details>
`;
}

function unsharedTraining(
  { training }: MethodSettings,
  shared: readonly string[],
): readonly (readonly [string, readonly SettingValue[]])[] {
  return [...training].filter(([name]) => !shared.includes(name));
}

function line(title: string, value: string | Html): Html {
  return html`<tr><th scope="row">${title}</th><td class="text">${value}</td></tr>\n`;
}

function valueCell(name: string, settings: ReadonlyMap<string, readonly SettingValue[]>): Html {
  const values = settings.get(name);
  return values === undefined ? html`<span class="quiet">${NONE}</span>` : shownValues(name, values);
}

/** Options whose name ends in rank: `8`, `initial 12, target 8`. */
function rankCell(ranks: readonly string[], { own }: MethodSettings): Html {
  const parts = ranks.flatMap((name) => {
    const values = own.get(name);
    if (values === undefined) return [];
    const prefix = inWords(name).slice(0, -"rank".length);
    return [html`${prefix}<span data-setting="${name}">${shownValues(name, values)}</span>`];
  });
  return parts.length === 0 ? html`<span class="quiet">${NONE}</span>` : joinHtml(parts, ", ");
}

function shownValues(name: string, values: readonly SettingValue[]): Html {
  const several = values.length > 1;
  return joinHtml(
    values.map(
      ({ value, tasks }) =>
        html`${shownValue(name, value)}${several ? html` <small>(${tasks.join(", ")})</small>` : null}`,
    ),
    ", ",
  );
}

function shownValue(name: string, value: string): string | Html {
  if (/learningRate$/i.test(name) && Number(value) > 0) {
    return html`<data value="${value}">${formatLearningRate(Number(value))}</data>`;
  }
  return listOf(value) ?? value;
}

/** Entries of a list of words, which settings have as JSON. */
function listOf(value: string): string | null {
  if (!value.startsWith("[")) return null;
  const list: unknown = JSON.parse(value);
  return Array.isArray(list) && list.every((item) => typeof item === "string") ? list.join(", ") : null;
}

function isRank(name: string): boolean {
  return /(^r|R)ank$/.test(name);
}

/** `headLearningRate` as `head learning rate`. */
function inWords(name: string): string {
  return name.replace(
    /([a-z0-9])([A-Z])/g,
    (_, before: string, letter: string) => `${before} ${letter.toLowerCase()}`,
  );
}
