import type { RunResult } from "@peftbench/harness";
import { describe, expect, it } from "vitest";
import { summarize } from "./aggregate.ts";
import type { PredictionsByRun } from "./compare.ts";
import { compareTasks } from "./compare.ts";
import type { Html } from "./html/html.ts";
import type { Recommendation } from "./recommend.ts";
import { recommend as recommendFrom } from "./recommend.ts";
import { selectRuns } from "./runs.ts";
import { verdictSection } from "./sections/verdict.ts";
import { elementsOf, hasClass, textOf } from "./testing/parsePage.ts";
import type { SyntheticMethod } from "./testing/syntheticResults.ts";
import { syntheticFull, syntheticLora, syntheticProbe, syntheticResult } from "./testing/syntheticResults.ts";

/** Runs of one method with exactly these accuracies, a seed each. */
function runs(method: SyntheticMethod, values: readonly number[]): readonly RunResult[] {
  return values.map((value, seed) => {
    const result = syntheticResult({ method, seed });
    return { ...result, metrics: result.metrics.map((metric) => ({ ...metric, value })) };
  });
}

function bagOfWords(value: number): RunResult["baselines"][number] {
  return {
    name: "bag-of-words",
    metric: "accuracy",
    value,
    count: 872,
    split: "dev",
    reason: null,
    answer: null,
  };
}

/** The same runs as if nothing had been scored without the model. */
function bare(results: readonly RunResult[]): readonly RunResult[] {
  return results.map((result) => ({ ...result, baselines: [] }));
}

function recommendAll(
  results: readonly RunResult[],
  predictions: PredictionsByRun = new Map(),
): readonly Recommendation[] {
  const tasks = summarize(selectRuns(results).rows);
  const compared = compareTasks(tasks, predictions);
  return tasks.map((task, index) => {
    const comparisons = compared[index];
    if (comparisons === undefined) throw new Error("A task was not compared.");
    return recommendFrom(task, comparisons);
  });
}

function recommend(results: readonly RunResult[], predictions?: PredictionsByRun): Recommendation {
  const [only] = recommendAll(results, predictions);
  if (only === undefined) throw new Error("There is no task.");
  return only;
}

function sentence(results: readonly RunResult[], name = "verdict"): string {
  return textOfClass(verdictSection(recommendAll(results), selectRuns(results).rows), name);
}

function textOfClass(section: Html, name: string): string {
  const element = elementsOf(section.markup).find((each) => hasClass(each, name));
  return element === undefined ? "" : textOf(element);
}

describe("recommend", () => {
  it("takes the cheaper method where the difference is within the interval and within a point", () => {
    const results = [...runs(syntheticFull, [0.9, 0.89, 0.9]), ...runs(syntheticLora, [0.89, 0.895, 0.89])];
    const { best, pick, against } = recommend(results);
    expect([best?.method, pick?.method, against?.verdict]).toEqual(["full", "lora", "none shown"]);
    expect(sentence(results)).toMatch(
      /^Use lora for sst2 \(minilm\): no difference from full is shown at 3 seeds \(89\.2% against 89\.7% accuracy\)/,
    );
    expect(sentence(results)).toContain("needs 371 MB instead of 696 MB at its peak (planned)");
  });

  it("keeps the dearer method where the cheaper one is shown to be worse", () => {
    const results = [
      ...runs(syntheticFull, [0.9, 0.91, 0.92]),
      ...runs(syntheticLora, [0.895, 0.905, 0.9151]),
    ];
    const { pick, comparisons } = recommend(results);
    expect(pick?.method).toBe("full");
    expect(comparisons[0]?.difference).toBeCloseTo(0.0149 / 3, 12);
    expect(comparisons[0]?.verdict).toBe("first is better");
    expect(sentence(results)).toContain("is shown to be better than lora");
  });

  it("does not take a method far below the best only because few seeds show nothing", () => {
    const results = bare([...runs(syntheticFull, [0.9, 0.7]), ...runs(syntheticLora, [0.6, 0.8])]);
    const { pick, comparisons } = recommend(results);
    expect([pick?.method, comparisons[0]?.verdict]).toEqual(["full", "none shown"]);
    expect(sentence(results)).toContain("no difference from lora is shown at 2 seeds");
  });

  it("shows nothing on one seed, however far apart the scores are", () => {
    const results = bare([...runs(syntheticFull, [0.95]), ...runs(syntheticLora, [0.5])]);
    expect(recommend(results).comparisons[0]).toMatchObject({
      interval: null,
      verdict: "none shown",
    });
    expect(sentence(results)).toContain("no difference from lora is shown at 1 seed");
  });

  it("pairs by seed: what all methods share in a seed does not blur their difference", () => {
    const results = [...runs(syntheticFull, [0.7, 0.8, 0.9]), ...runs(syntheticLora, [0.69, 0.7901, 0.89])];
    expect(recommend(results).comparisons[0]?.verdict).toBe("first is better");
  });

  it("recommends nothing where no method is shown better than the majority class, with the figures", () => {
    const results = [...runs(syntheticFull, [0.5, 0.52]), ...runs(syntheticLora, [0.51, 0.5])];
    expect(recommend(results)).toMatchObject({ pick: null, best: { method: "full" } });
    // Differences of full: -0.92 and 1.08 points, so 0.08 with t(0.975, 1) = 12.706 times 1 on either side.
    expect(sentence(results)).toBe(
      "No method is shown to be better than majority class on sst2 (minilm), so none is recommended: 50.9% against full's 51.0% accuracy, +0.1 points (95% interval −12.6 to +12.8, 2 seeds).",
    );
  });

  it("recommends nothing where a bag of words is better than every method", () => {
    const results = [
      ...runs(syntheticFull, [0.9, 0.91, 0.92]),
      ...runs(syntheticLora, [0.89, 0.9, 0.91]),
    ].map((result) => ({ ...result, baselines: [...result.baselines, bagOfWords(0.95)] }));
    expect(recommend(results)).toMatchObject({
      pick: null,
      strongest: { title: "bag of words", value: 0.95 },
    });
    expect(sentence(results)).toContain("95.0% against full's 91.0% accuracy, −4.0 points");
    const two = [...results, ...results.map((each) => ({ ...each, cell: { ...each.cell, task: "rte" } }))];
    expect(sentence(two)).toBe(
      "No method is shown to be better than the strongest baseline on any of 2 tasks, so none is recommended.",
    );
    expect(sentence(two, "unbeaten")).toContain(
      "No method is shown to be better than bag of words, which needs no model",
    );
  });

  it("holds methods against the linear probe where it is the strongest baseline", () => {
    const probe = runs(syntheticProbe, [0.8, 0.81, 0.82]);
    const near = [...probe, ...runs(syntheticLora, [0.79, 0.83, 0.82])];
    expect(recommend(near)).toMatchObject({ pick: null, strongest: { title: "probe", needsModel: true } });
    expect(sentence(near)).toMatch(/^No method is shown to be better than probe on sst2/);
    const beyond = [...probe, ...runs(syntheticLora, [0.9, 0.911, 0.92])];
    expect(recommend(beyond)).toMatchObject({ pick: { method: "lora" }, strongest: { title: "probe" } });
    expect(sentence(beyond)).toContain("better than the strongest baseline, probe (81.0%, the head alone)");
  });

  it("passes over a cheaper method that is not shown better than the baseline", () => {
    const results = [...runs(syntheticFull, [0.6, 0.6001, 0.6]), ...runs(syntheticLora, [0.65, 0.55, 0.6])];
    expect(recommend(results).pick?.method).toBe("full");
  });

  it("says of one seed that it speaks for that seed's training alone", () => {
    const [first] = runs(syntheticFull, [0.75]);
    const [second] = runs(syntheticLora, [0.25]);
    if (first === undefined || second === undefined) throw new Error("There are no runs.");
    const said = (wrong: number) =>
      Array.from({ length: 80 }, (_, row) => {
        const label = row % 2;
        return { exampleId: `dev:${row}`, label, prediction: row < wrong ? 1 - label : label };
      });
    const predictions = new Map([
      [first.id, said(20)],
      [second.id, said(60)],
    ]);
    const results = bare([first, second]);
    const { comparisons } = recommend(results, predictions);
    // 40 examples that only the first has right: 2 / 2^40.
    expect(comparisons[0]).toMatchObject({ verdict: "first is better", tests: { test: "McNemar" } });
    expect(comparisons[0]?.adjustedPValue).toBeCloseTo(2 / 2 ** 40, 16);
    expect(sentence(results, "caveat")).toContain("speak for that seed's training alone");
  });

  it("ranks by the lower value where lower is better", () => {
    const lower = (results: readonly RunResult[]): readonly RunResult[] =>
      results.map((result) => ({
        ...result,
        metrics: result.metrics.map((metric) => ({ ...metric, name: "perplexity", higherIsBetter: false })),
        baselines: [],
      }));
    const results = lower([...runs(syntheticFull, [12, 12.1, 12.2]), ...runs(syntheticLora, [9, 9.1, 9.21])]);
    const { best, comparisons } = recommend(results);
    expect([best?.method, comparisons[0]?.verdict]).toEqual(["lora", "first is better"]);
    expect(sentence(results)).toContain("9.103 perplexity");
  });
});
