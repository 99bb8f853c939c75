import type { RunResult } from "@peftbench/harness";
import { describe, expect, it } from "vitest";
import { renderReport } from "../report.ts";
import type { PageElement } from "../testing/parsePage.ts";
import { attribute, descendants, elementsOf, hasClass, textOf } from "../testing/parsePage.ts";
import {
  syntheticFull,
  syntheticGrid,
  syntheticLora,
  syntheticPattern,
  syntheticPruning,
} from "../testing/syntheticResults.ts";

const render = async (results: readonly RunResult[]): Promise<readonly PageElement[]> =>
  elementsOf(
    await renderReport({
      results,
      lossCurves: [],
      generatedAt: "2026-01-02T03:04:05.000Z",
      title: "Settings",
    }),
  );

const withRate = (results: readonly RunResult[], learningRate: number): readonly RunResult[] =>
  results.map((result) => ({
    ...result,
    cell: {
      ...result.cell,
      config: { ...result.cell.config, training: { ...result.cell.config.training, learningRate } },
    },
  }));

/** The visible table: method to setting to text. */
function settingsOf(elements: readonly PageElement[]): Record<string, Record<string, string>> {
  const table = elements.find((each) => hasClass(each, "settings"));
  const rows = table === undefined ? [] : descendants(table).filter((each) => attribute(each, "data-method"));
  return Object.fromEntries(
    rows.map((row) => [
      attribute(row, "data-method") ?? "",
      Object.fromEntries(
        descendants(row).flatMap((cell) => {
          const name = attribute(cell, "data-setting");
          return name === undefined ? [] : [[name, textOf(cell)]];
        }),
      ),
    ]),
  );
}

describe("settings on the page", () => {
  it("show each method's learning rate and ranks, and only what is not shared", async () => {
    const results = [
      ...withRate(syntheticGrid([syntheticFull], [0, 1]), 2e-5),
      ...withRate(syntheticGrid([syntheticLora, syntheticPattern, syntheticPruning], [0, 1]), 1e-3),
    ];
    const elements = await render(results);
    expect(settingsOf(elements)).toEqual({
      full: { learningRate: "2e-5", targetModules: "–" },
      lora: { learningRate: "1e-3", rank: "8", targetModules: "query, value" },
      pattern: {
        learningRate: "1e-3",
        meanRank: "16",
        targetModules: "query, attention.output.dense, output.dense",
      },
      pruning: {
        learningRate: "1e-3",
        initialRank: "12",
        targetRank: "8",
        targetModules: "query, attention.output.dense",
      },
    });
    const text = elements.map(textOf)[0] ?? "";
    expect(text).toContain("The same for every method that has it: alpha 16.");
    expect(text).toContain("initial 12, target 8");
  });

  it("say on which task a method had which learning rate", async () => {
    const results = [
      ...withRate(syntheticGrid([syntheticLora], [0, 1]), 5e-4),
      ...withRate(syntheticGrid([syntheticLora], [0, 1], { task: "rte", metric: "accuracy" }), 1.5e-3),
    ];
    expect(settingsOf(await render(results)).lora?.learningRate).toBe("1.5e-3 (rte), 5e-4 (sst2)");
  });

  it("are all there behind a summary", async () => {
    const results = syntheticGrid([syntheticLora, syntheticFull], [0]);
    const table = (await render(results)).find((each) => hasClass(each, "all-settings"));
    const rows = table === undefined ? [] : descendants(table).filter(({ tagName }) => tagName === "tr");
    const texts = rows.map((row) => textOf(row).trim());
    expect(texts).toContain("training: learning rate5e-4");
    expect(texts).toContain("training: max length128");
    expect(texts).toContain("lora: rank8");
  });
});
