import { createRandom } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import type { RunComparison } from "./compareRuns.ts";
import { compareRuns } from "./compareRuns.ts";
import { compareWithBaseline, constantAnswers } from "./compareWithBaseline.ts";
import { findDisagreements } from "./disagreements.ts";
import type { ScoredRun } from "./examples.ts";
import { resampleRuns } from "./examples.ts";
import { judge } from "./judge.ts";

const EXAMPLES = 60;

/** A run that has the given examples wrong. */
function run(seed: number, wrong: readonly number[]): ScoredRun {
  const predictions = Array.from({ length: EXAMPLES }, (_, row) => {
    const label = row % 2;
    return { exampleId: `dev:${row}`, label, prediction: wrong.includes(row) ? 1 - label : label };
  });
  return { seed, value: 1 - wrong.length / EXAMPLES, predictions };
}

const rows = (count: number, from = 0): number[] => Array.from({ length: count }, (_, index) => from + index);

function resample(runs: readonly ScoredRun[], metric = "accuracy") {
  return resampleRuns(runs, { metric, resamples: 1_000, random: createRandom(0, "comparison") });
}

/** Two seeds that give every example one answer, which is scored as Matthews' correlation scores it. */
function constant(answer: number): readonly ScoredRun[] {
  return [0, 1].map((seed) => {
    const predictions = run(seed, []).predictions.map((each) => ({ ...each, prediction: answer }));
    return { seed, value: 0, predictions };
  });
}

function widthOf({ intervalPoints, problem }: RunComparison): number {
  if (intervalPoints === null) throw new Error(`There is no interval: ${problem}.`);
  return intervalPoints.high - intervalPoints.low;
}

describe("a comparison of runs", () => {
  it("of one seed is McNemar's exact test, and knows nothing of equivalence", () => {
    const [first, second] = [run(0, [0]), run(0, rows(8))];
    const found = compareRuns([first], [second], resample([first, second]), 1);
    expect(found).toMatchObject({ test: "McNemar", seeds: [0], equivalence: null, problem: null });
    // Seven examples that the first alone has right: 2 / 2^7.
    expect(found.pValue).toBeCloseTo(2 / 2 ** 7, 12);
    expect(found.differencePoints).toBeCloseTo((100 * 7) / EXAMPLES, 12);
  });

  it("of one seed under another metric is the bootstrap", () => {
    const [first, second] = [run(0, [0]), run(0, rows(20))];
    const examples = resample([first, second], "matthews");
    expect(compareRuns([first], [second], examples, 1)).toMatchObject({ test: "bootstrap", mcnemar: [] });
  });

  it("of several seeds speaks for seeds and examples, wider than over seeds alone", () => {
    const firsts = [run(0, rows(4)), run(1, rows(5)), run(2, rows(7))];
    const seconds = [run(0, rows(4, 30)), run(1, rows(8, 30)), run(2, rows(9, 30))];
    const found = compareRuns(firsts, seconds, resample([...firsts, ...seconds]), 1);
    expect(found).toMatchObject({ test: "seeds and examples", seeds: [0, 1, 2] });
    expect(found.mcnemar).toHaveLength(3);
    const alone = compareRuns(
      firsts.map((each) => ({ ...each, predictions: [] })),
      seconds,
      resample(seconds),
      1,
    );
    expect(alone).toMatchObject({ test: "seeds", problem: expect.stringContaining("over seeds alone") });
    const ofOneSeed = compareRuns(
      firsts.slice(0, 1),
      seconds.slice(0, 1),
      resample([...firsts, ...seconds]),
      1,
    );
    expect(widthOf(found)).toBeGreaterThan(widthOf(alone));
    // Three seeds say more than one, and are not three times as many examples.
    expect(widthOf(found)).toBeGreaterThan(widthOf(ofOneSeed) / Math.sqrt(3));
  });

  it("is none where examples differ and one seed alone is there, and says so", () => {
    const other = run(0, []);
    const renamed = other.predictions.map((each) => ({ ...each, exampleId: `x${each.exampleId}` }));
    const second = { ...other, predictions: renamed };
    const first = run(0, rows(9));
    const found = compareRuns([first], [second], resample([first, second]), 1);
    expect(found).toMatchObject({
      test: null,
      pValue: null,
      problem: expect.stringContaining("predictions are missing"),
    });
  });

  it("of runs that say the same shows no difference", () => {
    const runs = [run(0, [1]), run(1, [2])];
    const same = runs.map((each) => ({ ...each }));
    expect(compareRuns(runs, same, resample([...runs, ...same]), 1)).toMatchObject({
      differencePoints: 0,
      pValue: 1,
    });
    expect(compareRuns(runs, same, resample([...runs, ...same], "matthews"), 1)).toMatchObject({
      pValue: 1,
      isCollapsed: false,
    });
  });

  it("of constant answers is none under a metric that scores all of them alike, and says so", () => {
    const zeros = constant(0);
    const ones = constant(1);
    for (const [firsts, seconds] of [
      [zeros, ones],
      [zeros, constant(0)],
      [zeros.slice(0, 1), ones.slice(0, 1)],
    ] as const) {
      const found = compareRuns(firsts, seconds, resample([...firsts, ...seconds], "matthews"), 1);
      expect(found).toMatchObject({
        ...{ differencePoints: 0, isCollapsed: true, test: null, pValue: null, intervalPoints: null },
        problem: expect.stringContaining("constant answers, which matthews scores alike"),
      });
    }
    const some = [...zeros, run(2, rows(9))];
    const others = [...ones, run(2, rows(9, 20))];
    expect(compareRuns(some, others, resample([...some, ...others], "matthews"), 1).isCollapsed).toBe(false);
    // Under accuracy the two are told apart, or known to be alike.
    const right = [...zeros, ...ones];
    expect(compareRuns(zeros, ones, resample(right), 1)).toMatchObject({ isCollapsed: false });
  });
});

describe("a comparison with a baseline", () => {
  const method = [run(0, rows(6)), run(1, rows(7))];

  it("is in pairs where it gives every example one answer", () => {
    const constant = constantAnswers({ value: 0.5, answer: 1 }, "accuracy", method[0]?.predictions ?? []);
    if (constant === null) throw new Error("The answer was not found.");
    const examples = resample([...method, constant]);
    const found = compareWithBaseline(method, { value: 0.5, run: constant }, examples, 1);
    expect(found).toMatchObject({ test: "seeds and examples", problem: null });
    expect(found.mcnemar).toHaveLength(2);
  });

  it("knows the answers of older results by their score, unless two answers score that", () => {
    const balanced = run(0, []).predictions;
    const uneven = balanced.map((each, row) => (row === 0 ? { ...each, label: 1 } : each));
    const guessed = (value: number, predictions: ScoredRun["predictions"]) =>
      constantAnswers({ value, answer: null }, "accuracy", predictions)?.predictions[0]?.prediction;
    expect(guessed(31 / EXAMPLES, uneven)).toBe(1);
    expect(guessed(29 / EXAMPLES, uneven)).toBe(0);
    expect(guessed(0.7, uneven)).toBeUndefined();
    expect(guessed(0.5, balanced)).toBeUndefined();
    expect(guessed(0.5, [...balanced].reverse())).toBeUndefined();
  });

  it("is wider where its answers are not known one by one", () => {
    const examples = resample(method);
    const found = compareWithBaseline(method, { value: 0.8, run: null }, examples, 1);
    expect(found.problem).toContain("not known one by one");
    const { low = 0, high = 0 } = found.intervalPoints ?? {};
    // Not narrower than 1.96 deviations of a share of 0.8 of 60 examples alone.
    expect((high - low) / 2).toBeGreaterThan(100 * 1.96 * Math.sqrt((0.8 * 0.2) / EXAMPLES));
  });
});

it("a family is judged together: the same p-value shows a difference alone and none among many", () => {
  const one = { differencePoints: 2, pValue: 0.03, equivalence: null, higherIsBetter: true };
  expect(judge([one])[0]).toMatchObject({ adjustedPValue: 0.03, verdict: "A better" });
  expect(judge([one, one])[0]).toMatchObject({ adjustedPValue: 0.06, verdict: "no difference shown" });
  const untested = { ...one, pValue: null };
  expect(judge([one, untested]).map(({ verdict }) => verdict)).toEqual(["A better", "no difference shown"]);
});

describe("disagreements", () => {
  it("count examples, and bring those first on which methods split most evenly", () => {
    const runs = new Map([
      ["a", [run(0, [3]), run(1, [3]), run(2, [])]],
      ["b", [run(0, [5])]],
      ["c", [run(0, [5, 7])]],
      ["d", [run(0, [7])]],
    ]);
    const found = findDisagreements(runs, resample([...runs.values()].flat()), "classification", 2);
    // Two of a's three seeds have example 3 wrong, so most of its seeds do.
    expect(found).toMatchObject({ examples: EXAMPLES, differing: 3, allRight: EXAMPLES - 3, allWrong: 0 });
    expect(found.shown.map(({ exampleId }) => exampleId)).toEqual(["dev:5", "dev:7"]);
    const all = findDisagreements(runs, resample([...runs.values()].flat()), "classification", 3);
    expect(all.shown[2]?.answers[0]).toEqual({ method: "a", answer: 0, agreeing: 2, seeds: 3 });
  });

  it("of scores are those furthest apart", () => {
    const scores = (values: readonly number[]): ScoredRun => ({
      seed: 0,
      value: 0.5,
      predictions: values.map((prediction, row) => ({ exampleId: `dev:${row}`, label: row, prediction })),
    });
    const runs = new Map([
      ["a", [scores([1, 2, 3])]],
      ["b", [scores([1.5, 4, 3])]],
    ]);
    const found = findDisagreements(runs, resample([...runs.values()].flat(), "pearson"), "regression", 5);
    expect(found.shown.map(({ exampleId }) => exampleId)).toEqual(["dev:1", "dev:0"]);
    expect(found.differing).toBeNull();
  });
});
