import type { RunResult } from "@peftbench/harness";
import { describe, expect, it } from "vitest";
import { renderReport } from "../report.ts";
import type { PageElement } from "../testing/parsePage.ts";
import { attribute, descendants, elementsOf, hasClass, textOf } from "../testing/parsePage.ts";
import { syntheticFull, syntheticGrid, syntheticLora } from "../testing/syntheticResults.ts";

const rates = [3e-4, 1e-3, 3e-3];

/** A search whose best score is that of `best`. */
const tuningWith = (best: number, trials: readonly number[] = rates): NonNullable<RunResult["tuning"]> => ({
  regime: "tuned",
  budget: { trials: trials.length, seed: 100, trainLimit: 800, selectionRows: 300 },
  metric: "accuracy",
  higherIsBetter: true,
  trials: trials.map((learningRate, index) => ({
    id: `${index}`.repeat(64),
    settings: { learningRate },
    score: learningRate === best ? 0.8125 : 0.5,
    status: "ok",
  })),
  chosen: { learningRate: best },
  isAtEdge: best === trials[0] || best === trials.at(-1),
});

async function render(results: readonly RunResult[]): Promise<PageElement> {
  const page = await renderReport({
    results,
    lossCurves: [],
    generatedAt: "2026-01-02T03:04:05.000Z",
    title: "Tuning",
  });
  const found = elementsOf(page).find((each) => attribute(each, "id") === "tuning");
  if (found === undefined) throw new Error("The page says nothing of how settings were chosen.");
  return found;
}

const lora = syntheticGrid([syntheticLora], [0, 1, 2]);
const full = syntheticGrid([syntheticFull], [0, 1, 2]);
const tuned = (results: readonly RunResult[], tuning: RunResult["tuning"]): readonly RunResult[] =>
  results.map((result) => ({ ...result, tuning }));

describe("how settings came about, on the page", () => {
  it("is that they were given, where no run has a search", async () => {
    const section = await render([...lora, ...full]);
    expect(textOf(section)).toContain("shared");
    expect(descendants(section).some(({ tagName }) => tagName === "table")).toBe(false);
  });

  it("is each search once with every trial's score, however many seeds it served", async () => {
    const section = await render([...tuned(lora, tuningWith(1e-3)), ...tuned(full, tuningWith(3e-3))]);
    expect(textOf(section)).toMatch(/3 trials of at most 800 rows, scored on 300 rows held out of training/);
    expect(textOf(section)).toMatch(/In 1 of 2 searches the learning rate is the lowest or the highest/);
    const rows = descendants(section).filter((each) => attribute(each, "data-method") !== undefined);
    expect(rows.map((row) => attribute(row, "data-method")).sort()).toEqual(["full", "lora"]);
    for (const row of rows) {
      const scores = descendants(row).filter(({ tagName }) => tagName === "data");
      expect(scores.map((each) => Number(attribute(each, "value"))).sort()).toEqual([0.5, 0.5, 0.8125]);
      expect(textOf(row).includes("at the edge")).toBe(attribute(row, "data-method") === "full");
    }
  });

  it("names methods that were not searched, and budgets that differ", async () => {
    const section = await render([...tuned(lora, tuningWith(1e-3)), ...full]);
    expect(textOf(section)).toMatch(/Not searched, with settings that were given: full/);
    const unequal = await render([
      ...tuned(lora, tuningWith(1e-3)),
      ...tuned(full, tuningWith(1e-3, [1e-4, 3e-4, 1e-3, 3e-3])),
    ]);
    expect(textOf(unequal)).toContain("budgets that differ");
  });

  it("says how a trial ended that gave no score, and what else than the learning rate was searched", async () => {
    const search = tuningWith(1e-3);
    const trials = search.trials.map((trial, index) => ({
      ...trial,
      settings: { ...trial.settings, "method.rank": 16 },
      ...(index === 2 ? { score: null, status: "diverged" as const } : {}),
    }));
    const section = await render(tuned(lora, { ...search, trials }));
    const [row] = descendants(section)
      .filter((each) => hasClass(each, "metric"))
      .slice(-1);
    expect(row && textOf(row)).toBe("3e-3, rank 16: diverged");
  });
});
