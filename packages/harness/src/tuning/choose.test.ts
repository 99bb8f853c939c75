import { describe, expect, it } from "vitest";
import { exampleResult } from "../result/example.ts";
import type { RunResult, RunStatus } from "../result/schema.ts";
import { tuningSchema } from "../result/tuning.ts";
import { chooseTrial } from "./choose.ts";
import { expandSearch } from "./search.ts";
import { searchGrid, tinySearch } from "./testGrid.ts";
import { tunedGrid } from "./tunedGrid.ts";

const plan = searchGrid("folder");
const group = expandSearch(plan, tinySearch)[0]!;

function result(score: number | null, { status = "ok" as RunStatus, higherIsBetter = true } = {}): RunResult {
  const metric = { ...exampleResult.metrics[0]!, higherIsBetter };
  return {
    ...exampleResult,
    status,
    // Dev says the opposite, and must have no influence.
    metrics: [{ ...metric, value: 1 - (score ?? 0) }],
    selectionMetrics: status === "ok" ? [{ ...metric, split: "selection", value: score }] : [],
  };
}

/** Each result as that of the trial in its place. */
const choose = (...results: (RunResult | null)[]) =>
  chooseTrial(
    group,
    results.map((each, place) => each && { ...each, id: group.trials[place]!.spec.id }),
    tinySearch,
  );

describe("the choice among trials", () => {
  it("is the best on held-out rows, whatever dev says, with every trial and the budget beside it", () => {
    const choice = choose(result(0.6), result(0.8), result(0.7));
    if (choice.kind === "none") throw new Error(choice.reason);
    expect(choice.settings).toEqual({ learningRate: 5e-4 });
    expect(tuningSchema.parse(choice.tuning)).toEqual(choice.tuning);
    expect(choice.tuning).toMatchObject({
      budget: { trials: 3, seed: 100, trainLimit: 24, selectionRows: 8 },
      chosen: { learningRate: 5e-4 },
      isAtEdge: false,
    });
    expect(choice.tuning.trials.map(({ settings, score }) => [settings.learningRate, score])).toEqual([
      [5e-5, 0.6],
      [5e-4, 0.8],
      [5e-3, 0.7],
    ]);
  });

  it("is the first of equals, and says where it lies at the edge", () => {
    expect(choose(result(0.8), result(0.8), result(0.1))).toMatchObject({
      settings: { learningRate: 5e-5 },
      tuning: { isAtEdge: true },
    });
  });

  it("is the lowest where less is better", () => {
    const options = { higherIsBetter: false };
    expect(choose(result(0.6, options), result(0.8, options), result(0.7, options))).toMatchObject({
      settings: { learningRate: 5e-5 },
    });
  });

  it("never is a trial that diverged, which stands among the trials all the same", () => {
    const choice = choose(result(0.2), result(null, { status: "diverged" }), result(0.1));
    expect(choice).toMatchObject({
      settings: { learningRate: 5e-5 },
      tuning: { trials: [{ score: 0.2 }, { score: null, status: "diverged" }, { score: 0.1 }] },
    });
  });

  it("is none while a trial is still to run, or where none gave a score", () => {
    expect(choose(result(0.2), null, result(0.3))).toEqual({
      kind: "none",
      reason: "1 of 3 trials of lora on sst2 have not come to an end (not run)",
    });
    expect(choose(result(0.2), result(null, { status: "interrupted" }), null)).toMatchObject({
      reason: expect.stringContaining("2 of 3"),
    });
    const diverged = result(null, { status: "diverged" });
    expect(choose(diverged, diverged, diverged)).toMatchObject({
      kind: "none",
      reason: expect.stringMatching(/no trial of lora on sst2.*diverged/),
    });
  });

  it("is none while a trial would run again and might then be the best", () => {
    for (const status of ["failed", "oom", "interrupted"] as const) {
      expect(choose(result(0.2), result(null, { status }), result(0.3))).toEqual({
        kind: "none",
        reason: `1 of 3 trials of lora on sst2 have not come to an end (${status})`,
      });
    }
    const ofAnotherTrial = chooseTrial(group, [result(0.2), result(0.3), result(0.4)], tinySearch);
    expect(ofAnotherTrial.kind).toBe("none");
  });
});

describe("the grid after a search", () => {
  it("has the chosen settings with all seeds, and leaves out what has no choice", () => {
    const groups = expandSearch(plan, tinySearch);
    const chosen = groups.map((one, index) => ({
      group: one,
      choice: chooseTrial(
        one,
        [0.9, 0.2, 0.1].map((score, place) =>
          index === 3 ? null : { ...result(score), id: one.trials[place]!.spec.id },
        ),
        tinySearch,
      ),
    }));
    const specs = tunedGrid(plan, chosen);
    expect(specs.map(({ cell }) => `${cell.task} ${cell.seed} ${cell.method}`)).toEqual([
      "sst2 0 lora",
      "sst2 0 full",
      "sst2 1 lora",
      "sst2 1 full",
      "rte 0 lora",
      "rte 1 lora",
    ]);
    const { training } = specs[0]!.cell.config;
    // Reported runs have the grid's own rows, not those of trials.
    expect(training).toEqual({ ...plan.methods[0]!.training, learningRate: 5e-5 });
    expect(specs.every(({ purpose, tuning }) => purpose === "report" && tuning !== null)).toBe(true);
  });
});
