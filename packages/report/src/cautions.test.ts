import type { RunResult } from "@peftbench/harness";
import { describe, expect, it } from "vitest";
import { summarize } from "./aggregate.ts";
import { cautions } from "./cautions.ts";
import { selectRuns } from "./runs.ts";
import type { SyntheticMethod } from "./testing/syntheticResults.ts";
import { syntheticFull, syntheticLora, syntheticResult } from "./testing/syntheticResults.ts";

/** A run trained with `training` on top of the synthetic settings. */
function trained(method: SyntheticMethod, training: RunResult["cell"]["config"]["training"]): RunResult {
  const result = syntheticResult({ method, seed: 0 });
  const config = { ...result.cell.config, training: { ...result.cell.config.training, ...training } };
  return { ...result, cell: { ...result.cell, config } };
}

function unequalTraining(results: readonly RunResult[]): readonly string[] {
  const selected = selectRuns(results);
  return cautions(selected, summarize(selected.rows)).filter((text) => text.includes("not trained alike"));
}

describe("cautions", () => {
  it("names the training settings in which methods differ, with each method's value", () => {
    const found = unequalTraining([
      trained(syntheticLora, { learningRate: 0.0005, dropout: 0 }),
      trained(syntheticFull, { learningRate: 0.00005, dropout: 0 }),
    ]);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/learningRate \(.*lora 0\.0005.*\)/);
    expect(found[0]).not.toContain("dropout");
  });

  it("does not take a method's own setting for a training setting of the same name", () => {
    const withDropout = { ...syntheticLora, config: { ...syntheticLora.config, dropout: 0.05 } };
    expect(
      unequalTraining([trained(withDropout, { dropout: 0 }), trained(syntheticFull, { dropout: 0 })]),
    ).toEqual([]);
  });
});
