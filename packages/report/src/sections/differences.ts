import { LEVEL } from "@peftbench/harness";
import { baselineTitle } from "../baselines.ts";
import type { BaselineComparison, Comparison } from "../compare.ts";
import { MARGIN } from "../compare.ts";
import type { ComparisonTest } from "../comparison/compareRuns.ts";
import { formatDifference, formatFixed, formatPValue, NONE, plural } from "../format.ts";
import type { Html } from "../html/html.ts";
import { html } from "../html/html.ts";
import { taskText, taskTitle } from "../origin.ts";
import type { Recommendation } from "../recommend.ts";
import { reversed } from "../recommend.ts";
import { referenceOn } from "../significance.ts";

/**
 * Every comparison of the page, by task, the first one in the open: the reference (else the best method) against the
 * others, all other pairs and the baselines below. Null where there is nothing to compare.
 */
export function differencesSection(
  recommendations: readonly Recommendation[],
  reference: string | null,
): Html | null {
  const compared = recommendations.filter(
    ({ comparisons, baselineComparisons }) => comparisons.length + baselineComparisons.length > 0,
  );
  if (compared.length === 0) return null;
  const size = compared.reduce(
    (sum, { comparisons, baselineComparisons }) => sum + comparisons.length + baselineComparisons.length,
    0,
  );
  return html`<section aria-labelledby="differences">
<h2 id="differences">Differences between methods</h2>
<p>Methods are compared in pairs, on the same seeds and the same dev examples. Three things can be shown: that one is <strong>better</strong>, that the two are <strong>equivalent</strong> within ${MARGIN * 100} point, or <strong>no difference</strong>, which is not the same as equal.</p>
<p class="note">Several seeds are tested over seeds and examples together (a t test with the variance over seeds, at least what bootstrapped examples alone give, and what seeds share on these), so that the result speaks for other seeds and other examples. One seed is tested over examples alone, by McNemar's exact test for accuracy and by the paired bootstrap for all else, and speaks for that seed's training alone. Equivalence is tested by two one-sided tests. All ${plural(size, "comparison")} of this page, every pair of methods and every method beside every baseline, are one family: p is corrected by Holm's method over all of them, as the best method is picked after looking, and a difference is shown where it is below ${LEVEL}. Intervals (95%) are of each comparison alone. The effect is the mean difference in deviations over seeds (Cohen's d).</p>
${compared.map((each, index) => taskDifferences(each, reference, index === 0))}</section>
`;
}

interface Row {
  readonly first: string;
  readonly second: string;
  readonly compared: Comparison | BaselineComparison;
}

function taskDifferences(recommendation: Recommendation, asked: string | null, isOpen: boolean): Html {
  const { task, best, comparisons, baselineComparisons } = recommendation;
  const centre = referenceOn(task, asked) ?? best?.method ?? null;
  const isCentral = ({ first, second }: Comparison): boolean =>
    first.method === centre || second.method === centre;
  const central = comparisons
    .filter(isCentral)
    .map((each) => methodRow(each.first.method === centre ? each : reversed(each)));
  const others = comparisons.filter((each) => !isCentral(each)).map(methodRow);
  const baselines = baselineComparisons.map((compared) => ({
    first: compared.first.method,
    second: baselineTitle(compared.baseline.name),
    compared,
  }));
  const what = centre === asked ? "the reference" : "the best mean";
  return html`<details${isOpen ? html` open` : null}><summary>${taskTitle(task)}, ${task.model}</summary>
${central.length === 0 ? null : table(recommendation, central, `${centre}, ${what}, beside the others`)}
${others.length === 0 ? null : html`<details><summary>${plural(others.length, "other pair")}</summary>${table(recommendation, others, "Other pairs")}</details>`}
${baselines.length === 0 ? null : html`<details><summary>Methods beside baselines</summary>${table(recommendation, baselines, "Methods beside baselines")}</details>`}
</details>
`;
}

function methodRow(compared: Comparison): Row {
  return { first: compared.first.method, second: compared.second.method, compared };
}

function table({ task }: Recommendation, rows: readonly Row[], title: string): Html {
  const { scale } = task;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${title}, ${taskText(task)}">
<table class="differences" data-task="${task.task}">
<caption><span class="caption">${title}: differences in ${scale.title}${scale.factor === 100 ? " (points)" : ""}</span></caption>
<thead><tr><th scope="col">First</th><th scope="col" class="text">Second</th><th scope="col">seeds</th><th scope="col">first − second</th><th scope="col">95% interval</th><th scope="col">p, corrected</th><th scope="col">effect</th><th scope="col" class="text">tested over</th><th scope="col" class="text">what is shown</th></tr></thead>
<tbody>${rows.map((row) => tableRow(row, scale))}</tbody>
</table></div>
`;
}

function tableRow({ first, second, compared }: Row, scale: Recommendation["task"]["scale"]): Html {
  const { seeds, difference, interval, verdict, adjustedPValue, tests } = compared;
  const shown = {
    "first is better": `${first} is shown better`,
    "second is better": `${second} is shown better`,
    equivalent: `equivalent within ${MARGIN * 100} point`,
    "none shown": "no difference shown",
  }[verdict];
  const effect = tests.effect === null ? NONE : formatFixed(Math.abs(tests.effect.cohensD), 1);
  return html`<tr data-first="${first}" data-second="${second}"><th scope="row">${first}</th><td class="text">${second}</td><td>${seeds}</td><td>${difference === null ? NONE : html`<data value="${String(difference)}">${formatDifference(difference, scale)}</data>`}</td><td>${interval === null ? NONE : `${formatDifference(interval.low, scale)} to ${formatDifference(interval.high, scale)}`}</td><td>${adjustedPValue === null ? NONE : html`<data value="${String(adjustedPValue)}">${formatPValue(adjustedPValue)}</data>`}</td><td>${effect}</td><td class="text">${testText(compared)}</td><td class="text">${verdict === "none shown" ? shown : html`<strong>${shown}</strong>`}</td></tr>
`;
}

const testWords: Readonly<Record<ComparisonTest, string>> = {
  McNemar: "examples (McNemar)",
  bootstrap: "examples (bootstrap)",
  "seeds and examples": "seeds and examples",
  seeds: "seeds alone",
};

/** With the table of an exact test, and why it is a lesser one or none. */
function testText({ tests: { test, mcnemar, problem, seeds } }: Comparison | BaselineComparison): Html {
  const [only] = mcnemar;
  const words = test === null ? "not tested" : testWords[test];
  const counts =
    test !== "McNemar" || only === undefined
      ? null
      : html`<br><small>one alone is right on ${only.onlyFirst + only.onlySecond}, ${Math.max(only.onlyFirst, only.onlySecond)} to ${Math.min(only.onlyFirst, only.onlySecond)}</small>`;
  const alone =
    test !== null && seeds.length === 1 ? html`<br><small>that seed's training alone</small>` : null;
  return html`${words}${counts}${alone}${problem === null ? null : html`<br><small>${problem}</small>`}`;
}
