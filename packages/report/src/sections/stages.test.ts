import type { RunResult } from "@peftbench/harness";
import { median } from "@peftbench/harness";
import { describe, expect, it } from "vitest";
import { renderReport } from "../report.ts";
import type { PageElement } from "../testing/parsePage.ts";
import { attribute, descendants, elementsOf, textOf } from "../testing/parsePage.ts";
import {
  syntheticFull,
  syntheticGrid,
  syntheticLora,
  syntheticPattern,
} from "../testing/syntheticResults.ts";

const render = async (results: readonly RunResult[]): Promise<readonly PageElement[]> =>
  elementsOf(
    await renderReport({ results, lossCurves: [], generatedAt: "2026-01-02T03:04:05.000Z", title: "Stages" }),
  );

describe("stages on the page", () => {
  it("have the figures of the results, for methods of several stages alone", async () => {
    const results = syntheticGrid([syntheticLora, syntheticFull, syntheticPattern], [0, 1, 2]);
    const rows = (await render(results)).filter((each) => attribute(each, "data-stage") !== undefined);
    const staged = results.filter(({ cell }) => cell.method === "pattern");
    expect(rows.map((row) => attribute(row, "data-method"))).toEqual(["pattern", "pattern"]);
    for (const [index, row] of rows.entries()) {
      const stages = staged.flatMap((result) => result.stages[index] ?? []);
      const [stage] = stages;
      if (stage === undefined) throw new Error("The page has a stage that no result has.");
      const figures = descendants(row).filter(({ tagName }) => tagName === "data");
      expect(
        Object.fromEntries(
          figures.map((each) => [attribute(each, "class"), Number(attribute(each, "value"))]),
        ),
      ).toEqual({
        "from-step": stage.fromStep,
        steps: stage.steps,
        trainable: stage.trainable,
        live: stage.peakLiveBytes,
        reserved: stage.peakReservedBytes,
        "training-bytes": stage.byRole.gradient + stage.byRole.optimizerState + stage.byRole.savedActivation,
        step: median(stages.map(({ stepMsMedian }) => stepMsMedian ?? Number.NaN)),
      });
    }
    expect(rows[1] && textOf(rows[1])).toContain("−50.0%");
  });

  it("are nothing where results say nothing of them", async () => {
    const results = syntheticGrid([syntheticPattern], [0]).map((result) => ({ ...result, stages: [] }));
    expect((await render(results)).some((each) => attribute(each, "id") === "stages")).toBe(false);
  });
});
