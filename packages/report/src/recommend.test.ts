import type { RunResult } from "@peftbench/harness";
import { describe, expect, it } from "vitest";
import type { TaskSummary } from "./aggregate.ts";
import { summarize } from "./aggregate.ts";
import type { Html } from "./html/html.ts";
import { recommend } from "./recommend.ts";
import { selectRuns } from "./runs.ts";
import { verdictSection } from "./sections/verdict.ts";
import { elementsOf, hasClass, textOf } from "./testing/parsePage.ts";
import type { SyntheticMethod } from "./testing/syntheticResults.ts";
import { syntheticFull, syntheticLora, syntheticResult } from "./testing/syntheticResults.ts";

/** Runs of one method with exactly these accuracies, a seed each. */
function runs(method: SyntheticMethod, values: readonly number[]): readonly RunResult[] {
  return values.map((value, seed) => {
    const result = syntheticResult({ method, seed });
    return { ...result, metrics: result.metrics.map((metric) => ({ ...metric, value })) };
  });
}

function taskOf(results: readonly RunResult[]): TaskSummary {
  const [task] = summarize(selectRuns(results).rows);
  if (task === undefined) throw new Error("There is no task.");
  return task;
}

function sentence(results: readonly RunResult[]): string {
  const { rows } = selectRuns(results);
  return textOfClass(verdictSection(summarize(rows).map(recommend), rows), "verdict");
}

function textOfClass(section: Html, name: string): string {
  const element = elementsOf(section.markup).find((each) => hasClass(each, name));
  return element === undefined ? "" : textOf(element);
}

describe("recommend", () => {
  it("takes the cheaper method where the difference is within the interval and within a point", () => {
    const results = [...runs(syntheticFull, [0.9, 0.89, 0.9]), ...runs(syntheticLora, [0.89, 0.895, 0.89])];
    const { best, pick, against } = recommend(taskOf(results));
    expect([best?.method, pick?.method, against?.verdict]).toEqual(["full", "lora", "none shown"]);
    expect(sentence(results)).toMatch(
      /^Use lora for sst2 \(minilm\): no difference from full is shown at 3 seeds \(89\.2% against 89\.7% accuracy\)/,
    );
    expect(sentence(results)).toContain("needs 371 MB instead of 696 MB at its peak (planned)");
  });

  it("keeps the dearer method where the cheaper one is shown to be worse", () => {
    const results = [
      ...runs(syntheticFull, [0.9, 0.91, 0.92]),
      ...runs(syntheticLora, [0.895, 0.905, 0.915]),
    ];
    const { pick, comparisons } = recommend(taskOf(results));
    expect(pick?.method).toBe("full");
    expect(comparisons[0]?.difference).toBeCloseTo(0.005, 12);
    expect(comparisons[0]?.verdict).toBe("first is better");
    expect(sentence(results)).toContain("is shown to be better than lora");
  });

  it("does not take a method far below the best only because few seeds show nothing", () => {
    const results = [...runs(syntheticFull, [0.9, 0.7]), ...runs(syntheticLora, [0.6, 0.8])];
    const { pick, comparisons } = recommend(taskOf(results));
    expect([pick?.method, comparisons[0]?.verdict]).toEqual(["full", "none shown"]);
    expect(sentence(results)).toContain("no difference from lora is shown at 2 seeds");
  });

  it("shows nothing on one seed, however far apart the scores are", () => {
    const results = [...runs(syntheticFull, [0.95]), ...runs(syntheticLora, [0.5])];
    expect(recommend(taskOf(results)).comparisons[0]).toMatchObject({
      interval: null,
      verdict: "none shown",
    });
    expect(sentence(results)).toContain("no difference from lora is shown at 1 seed");
  });

  it("pairs by seed: what all methods share in a seed does not blur their difference", () => {
    const results = [...runs(syntheticFull, [0.7, 0.8, 0.9]), ...runs(syntheticLora, [0.69, 0.7901, 0.89])];
    expect(recommend(taskOf(results)).comparisons[0]?.verdict).toBe("first is better");
  });

  it("says so where the chosen method is not shown to beat answering the majority class", () => {
    const results = [...runs(syntheticFull, [0.5, 0.52]), ...runs(syntheticLora, [0.51, 0.5])];
    expect(sentence(results)).toContain(
      "not shown to beat majority class (50.9%), which needs no model at all",
    );
  });

  it("ranks by the lower value where lower is better", () => {
    const lower = (results: readonly RunResult[]): readonly RunResult[] =>
      results.map((result) => ({
        ...result,
        metrics: result.metrics.map((metric) => ({ ...metric, name: "perplexity", higherIsBetter: false })),
        baselines: [],
      }));
    const results = lower([...runs(syntheticFull, [12, 12.1, 12.2]), ...runs(syntheticLora, [9, 9.1, 9.2])]);
    const { best, comparisons } = recommend(taskOf(results));
    expect([best?.method, comparisons[0]?.verdict]).toEqual(["lora", "first is better"]);
    expect(sentence(results)).toContain("9.100 perplexity");
  });
});
