import { expect, it } from "vitest";
import { renderReport } from "../report.ts";
import { attribute, descendants, elementsOf, hasClass, textOf } from "../testing/parsePage.ts";
import { syntheticGrid, syntheticLora } from "../testing/syntheticResults.ts";

it("shows scores of further splits under their own names, with mean and deviation", async () => {
  const results = syntheticGrid([syntheticLora], [0, 1], { task: "mnli", metric: "accuracy" }).map(
    (result, seed) => ({
      ...result,
      furtherMetrics: result.metrics.map((metric) => ({
        ...metric,
        split: "mismatched",
        value: 0.8 + 0.02 * seed,
      })),
    }),
  );
  const page = await renderReport({ results, lossCurves: [], generatedAt: "2026-01-02T03:04:05.000Z" });
  const [table] = elementsOf(page).filter((each) => hasClass(each, "results"));
  if (table === undefined) throw new Error("There is no table.");
  // 80 and 82: mean 81, deviation of root 2.
  expect(textOf(table)).toContain("mismatched accuracy 81.0 ± 1.4, n 2");
  const figure = descendants(table).find((each) => hasClass(each, "further-mismatched-accuracy"));
  expect(Number(figure && attribute(figure, "value"))).toBeCloseTo(0.81, 12);
});
