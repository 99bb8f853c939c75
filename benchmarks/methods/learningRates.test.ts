import type { RunResult } from "@peftbench/harness";
import { exampleResult } from "@peftbench/harness";
import { describe, expect, it } from "vitest";
import { chooseLearningRates } from "./learningRates.ts";

function trial(learningRate: number, score: number | null, task = "sst2"): RunResult {
  const { cell, metrics } = exampleResult;
  const config = { ...cell.config, training: { ...cell.config.training, learningRate } };
  return {
    ...exampleResult,
    status: score === null ? "diverged" : "ok",
    cell: { ...cell, task, config },
    // The reported split says the opposite, and must have no influence.
    metrics: metrics.map((metric) => ({ ...metric, value: 1 - (score ?? 0) })),
    selectionMetrics: metrics.map((metric) => ({ ...metric, split: "selection", value: score })),
  };
}

describe("the choice of learning rates", () => {
  it("takes the best mean over tasks on what was held out, whatever the order", () => {
    const results = [trial(1e-2, 0.6), trial(1e-3, 0.7), trial(3e-3, 0.8), trial(3e-3, 0.5, "mrpc")];
    const [choice] = chooseLearningRates([...results, trial(1e-3, 0.65, "mrpc"), trial(1e-2, 0.6, "mrpc")]);
    expect(choice).toMatchObject({ method: "lora", chosen: 1e-3, isAtEdge: true });
    expect(choice?.trials).toHaveLength(6);
  });

  it("never takes a rate with which a run diverged", () => {
    const [choice] = chooseLearningRates([trial(1e-3, 0.5), trial(1e-2, 0.9), trial(1e-2, null, "mrpc")]);
    expect(choice?.chosen).toBe(1e-3);
    expect(chooseLearningRates([trial(1, null)])[0]?.chosen).toBeNull();
  });

  it("takes the lowest of equals", () => {
    const [choice] = chooseLearningRates([trial(3e-3, 0.5), trial(1e-3, 0.4), trial(1e-2, 0.5)]);
    expect(choice).toMatchObject({ chosen: 3e-3, isAtEdge: false });
  });
});
