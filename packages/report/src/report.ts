import type { ExampleText, RunResult } from "@peftbench/harness";
import { summarize } from "./aggregate.ts";
import { cautions } from "./cautions.ts";
import type { PredictionsByRun } from "./compare.ts";
import { compareTasks } from "./compare.ts";
import { html } from "./html/html.ts";
import type { LossCurve } from "./lossCurve.ts";
import { titleOf } from "./origin.ts";
import { page } from "./page.ts";
import type { PublishedFigures } from "./published/schema.ts";
import { recommend } from "./recommend.ts";
import { selectRuns } from "./runs.ts";
import { cautionsSection } from "./sections/cautions.ts";
import { chartsSection } from "./sections/charts.ts";
import { differencesSection } from "./sections/differences.ts";
import { disagreementsSection } from "./sections/disagreements.ts";
import { glossarySection } from "./sections/glossary.ts";
import { measuredMemorySection } from "./sections/measuredMemory.ts";
import { noticesSection } from "./sections/notices.ts";
import { paperTables } from "./sections/paperTable.ts";
import { provenanceSection } from "./sections/provenance.ts";
import { publishedSection } from "./sections/published.ts";
import { ranksSection } from "./sections/ranks.ts";
import { resultsTable } from "./sections/resultsTable.ts";
import { runsSection } from "./sections/runs.ts";
import { settingsSection } from "./sections/settings.ts";
import { stagesSection } from "./sections/stages.ts";
import { verdictSection } from "./sections/verdict.ts";

export interface ReportInput {
  readonly results: readonly RunResult[];
  /** Of any of the results; runs without one are missing in the chart of the loss. */
  readonly lossCurves: readonly LossCurve[];
  /** Of dev, by the id of their run; runs without them are compared by their scores alone. */
  readonly predictions?: PredictionsByRun;
  /** Texts of dev examples by the id of any run of a task, then by that of the example. */
  readonly exampleTexts?: ReadonlyMap<string, ReadonlyMap<string, ExampleText>>;
  /** When the report is made, as an ISO date and time: the page reads no clock. */
  readonly generatedAt: string;
  /** Without one it is put together from the suites that ran. */
  readonly title?: string;
  /** What else a reader should know, a sentence each. */
  readonly notes?: readonly string[];
  /** The command that made the results; without it one is put together from what was run. */
  readonly command?: string;
  /** The method that others are held against in tables, where it was run: `lora`. */
  readonly reference?: string;
  /** Figures of other people, for a section of their own. */
  readonly published?: PublishedFigures;
}

/**
 * One HTML document that needs nothing else: no script, no network, no fonts. The same input gives the same bytes.
 *
 * @returns the document's text
 */
export async function renderReport(input: ReportInput): Promise<string> {
  const selected = selectRuns(input.results);
  const tasks = summarize(selected.rows);
  const compared = compareTasks(tasks, input.predictions ?? new Map());
  const recommendations = tasks.flatMap((task, index) => {
    const comparisons = compared[index];
    return comparisons === undefined ? [] : [recommend(task, comparisons)];
  });
  const curves = new Map(input.lossCurves.map((curve) => [curve.runId, curve]));
  const reported = selected.rows.map(({ result }) => result);
  const title = input.title ?? titleOf(input.results);
  const body = html`<header>
<h1>${title}</h1>
${noticesSection(reported)}${verdictSection(recommendations, selected.rows)}
</header>
<main>
<section aria-labelledby="results">
<h2 id="results">Results</h2>
${paperTables(recommendations, input.reference ?? null)}
<details${recommendations.length === 1 ? html` open` : null}><summary>Task by task: seeds, intervals, shares and times</summary>
${recommendations.map(resultsTable)}<p class="note">Scores are means ± standard deviations over n seeds, with the 95% t interval of the mean. Times are medians over seeds; training is the time of one run.</p>
</details>
<p class="note">Terms are explained <a href="#glossary">below</a>.</p>
</section>
${cautionsSection(cautions(selected, tasks), input.notes ?? [])}
${settingsSection(selected.rows)}
${await chartsSection(tasks, curves)}
${stagesSection(tasks)}${await ranksSection(tasks)}${measuredMemorySection(tasks)}${differencesSection(recommendations, input.reference ?? null)}${disagreementsSection(tasks, compared, input.exampleTexts ?? new Map())}
${publishedSection(tasks, input.published ?? null)}${runsSection(selected.rows)}
${provenanceSection(reported, input.command ?? null)}
${glossarySection()}
</main>
<footer><p>Made by peftbench on <time datetime="${input.generatedAt}">${input.generatedAt.slice(0, 10)}</time>. This page holds no script and asks the network for nothing.</p></footer>`;
  return page(title, body);
}
