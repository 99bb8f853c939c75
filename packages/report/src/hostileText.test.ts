import type { ExampleText, RunResult } from "@peftbench/harness";
import { describe, expect, it } from "vitest";
import { renderReport } from "./report.ts";
import type { PageElement } from "./testing/parsePage.ts";
import { elementsOf, hasClass, textOf } from "./testing/parsePage.ts";
import {
  syntheticFailure,
  syntheticFull,
  syntheticGrid,
  syntheticLora,
  syntheticPredictions,
  syntheticProbe,
} from "./testing/syntheticResults.ts";

const attack = `</title></code>"'><script>document.title="owned"</script><img src="http://127.0.0.1:9/x" onerror="alert(1)"><a href="javascript:alert(1)">x</a>`;

const hostileTuning: RunResult["tuning"] = {
  regime: "tuned",
  budget: { trials: 1, seed: 0, trainLimit: null, selectionRows: 1 },
  metric: attack,
  higherIsBetter: true,
  trials: [{ id: "0".repeat(64), settings: { [attack]: attack }, score: 1, status: "ok" }],
  chosen: { [attack]: attack },
  isAtEdge: true,
};

/** Results in which whatever is text out of data, settings or errors is an attack. */
async function hostilePage(): Promise<string> {
  const methods = [syntheticLora, { ...syntheticFull, method: `full ${attack}` }, syntheticProbe];
  const results = syntheticGrid(methods, [0, 1], { task: `sst2 ${attack}`, metric: "accuracy" }).map(
    (result) => ({
      ...result,
      warnings: [attack],
      notices: [attack],
      furtherMetrics: result.metrics.map((metric) => ({ ...metric, split: `mismatched ${attack}` })),
      baselines: result.baselines.map((baseline) => ({ ...baseline, name: `bag ${attack}` })),
      tuning: hostileTuning,
    }),
  );
  const failed = syntheticFailure(
    { method: { ...syntheticLora, method: attack }, seed: 0 },
    "failed",
    attack,
  );
  const said = new Map(
    [...syntheticPredictions(results)].map(([id, predictions]) => [
      id,
      predictions.map((each) => ({ ...each, exampleId: `${each.exampleId}${attack}` })),
    ]),
  );
  const [first] = results;
  const texts = new Map<string, ExampleText>(
    [...said.values()].flat().map(({ exampleId }) => [exampleId, { exampleId, text: attack, pair: attack }]),
  );
  return renderReport({
    results: [...results, failed],
    lossCurves: [],
    predictions: said,
    exampleTexts: new Map(first === undefined ? [] : [[first.id, texts]]),
    generatedAt: "2026-01-02T03:04:05.000Z",
    title: attack,
    notes: [attack],
    command: attack,
    reference: `full ${attack}`,
  });
}

const inDrawing = ({ attrs }: PageElement): boolean =>
  attrs.some(({ name, value }) => name === "src" && /^data:image\/svg\+xml[;,]/.test(value));

describe("text out of data", () => {
  it("makes no script, no handler, no link and no request, wherever it stands", async () => {
    const page = await hostilePage();
    const elements = elementsOf(page);
    const named = (name: string): readonly PageElement[] =>
      elements.filter(({ tagName }) => tagName === name);
    expect(named("script")).toEqual([]);
    expect(named("iframe")).toEqual([]);
    expect(named("img").filter((each) => !inDrawing(each))).toEqual([]);
    for (const { attrs } of elements) {
      for (const { name, value } of attrs) {
        expect(name).not.toMatch(/^on/);
        if (/^(href|xlink:href|src|action|formaction)$/.test(name)) expect(value).toMatch(/^(#|data:)/);
      }
    }
    expect(page).not.toContain("<script");
  });

  it("is shown as it is, in the disagreements, the tables and the verdict", async () => {
    const elements = elementsOf(await hostilePage());
    const shownIn = (name: string): string =>
      elements
        .filter((each) => hasClass(each, name))
        .map(textOf)
        .join("\n");
    for (const name of ["disagreements", "differences", "results", "verdict", "notices"]) {
      expect(shownIn(name)).toContain(attack);
    }
  });
});
