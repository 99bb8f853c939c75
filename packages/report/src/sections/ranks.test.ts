import type { RunResult } from "@peftbench/harness";
import { describe, expect, it } from "vitest";
import { renderReport } from "../report.ts";
import type { PageElement } from "../testing/parsePage.ts";
import { attribute, descendants, elementsOf, hasClass, textOf } from "../testing/parsePage.ts";
import {
  syntheticFailure,
  syntheticFull,
  syntheticGrid,
  syntheticLora,
  syntheticPattern,
  syntheticPruning,
} from "../testing/syntheticResults.ts";

const render = async (results: readonly RunResult[]): Promise<readonly PageElement[]> =>
  elementsOf(
    await renderReport({ results, lossCurves: [], generatedAt: "2026-01-02T03:04:05.000Z", title: "Ranks" }),
  );

const seeds = [0, 1, 2];
const rte = { task: "rte", metric: "accuracy" };
const figuresOf = (elements: readonly PageElement[], method: string): readonly PageElement[] =>
  elements.filter((each) => attribute(each, "data-ranks") === method);
const valuesOf = (parent: PageElement, kind: string): readonly number[] =>
  descendants(parent).flatMap((each) => (hasClass(each, kind) ? [Number(attribute(each, "value"))] : []));

/** Module to rank, as the table beside a heat map has it. */
function tableOf(figure: PageElement): ReadonlyMap<string, number> {
  return new Map(
    descendants(figure).flatMap((cell) => {
      const module = attribute(cell, "data-module");
      return module === undefined ? [] : [[module, valuesOf(cell, "rank")[0] ?? Number.NaN] as const];
    }),
  );
}

describe("ranks on the page", () => {
  it("are one drawing for all tasks and seeds where these agree, with every rank in its table", async () => {
    const results = [
      ...syntheticGrid([syntheticPattern], seeds),
      ...syntheticGrid([syntheticPattern], seeds, rte),
    ];
    const figures = figuresOf(await render(results), "pattern");
    expect(figures).toHaveLength(1);
    const [figure] = figures;
    const history = results[0]?.rankHistory;
    if (figure === undefined || !history) throw new Error("There is no drawing of ranks.");
    const expected = history.modules.map((module, index) => [module, history.moments.at(-1)?.ranks[index]]);
    expect([...tableOf(figure)].sort()).toEqual(expected.sort());
    expect(textOf(figure)).toContain(
      "The same in all 6 runs (seeds 0, 1 and 2). Total 576 over 36 modules, 16 on average.",
    );
    const drawings = descendants(figure).filter((each) => hasClass(each, "chart-drawing"));
    expect(drawings.map((each) => attribute(each, "aria-label"))).toEqual([
      "Final ranks by pattern, from 8 (faintest) to 32 (strongest): query 8; attention output 8; output 32; total 576. The table below gives every rank.",
    ]);
    const printed = drawings
      .flatMap(descendants)
      .filter(({ tagName }) => tagName === "text")
      .map(textOf);
    expect(printed.filter((text) => text === "32")).toHaveLength(12);
  });

  it("are a drawing a task where they change, means over seeds, with their sums and the budget", async () => {
    const results = [
      ...syntheticGrid([syntheticPruning], seeds),
      ...syntheticGrid([syntheticPruning], seeds, rte),
    ];
    const figures = figuresOf(await render(results), "pruning");
    expect(figures.map((each) => attribute(each, "data-task"))).toEqual(["rte", "sst2"]);
    for (const figure of figures) {
      const task = attribute(figure, "data-task");
      const runs = results
        .filter(({ cell }) => cell.task === task)
        .flatMap(({ rankHistory }) => rankHistory ?? []);
      for (const [module, rank] of tableOf(figure)) {
        const ranks = runs.map(
          ({ modules, moments }) => moments.at(-1)?.ranks[modules.indexOf(module)] ?? Number.NaN,
        );
        expect(rank).toBeCloseTo(ranks.reduce((sum, each) => sum + each, 0) / ranks.length, 9);
      }
      expect(tableOf(figure).size).toBe(36);
      const first = runs[0]?.moments.map(({ ranks }) => ranks.reduce((sum, rank) => sum + rank, 0));
      expect(valuesOf(figure, "total-rank")).toEqual(first);
      expect(valuesOf(figure, "parameters")).toEqual(runs[0]?.moments.map(({ parameters }) => parameters));
      expect(textOf(figure)).toContain("Means over seeds 0, 1 and 2.");
      expect(textOf(figure)).toContain("the budget is a total of 288");
    }
  });

  it("are a sentence where every module has the same, and nothing where there are none", async () => {
    const text = (await render(syntheticGrid([syntheticLora, syntheticFull], seeds))).map(textOf)[0];
    expect(text).toContain("lora has rank 8 in each of 36 modules");
    const without = syntheticGrid([syntheticFull], seeds).map((result) => ({ ...result, stages: [] }));
    expect((await render(without)).some((each) => attribute(each, "id") === "ranks")).toBe(false);
  });

  it("leave out runs that did not finish", async () => {
    const broken = syntheticFailure({ method: syntheticPattern, seed: 3 }, "failed", "lost");
    const [figure] = figuresOf(
      await render([...syntheticGrid([syntheticPattern], seeds), broken]),
      "pattern",
    );
    expect(figure && textOf(figure)).toContain("The same in all 3 runs");
  });
});
