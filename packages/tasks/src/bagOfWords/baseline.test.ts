import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { LabelledText, TaskDefinition } from "../task.ts";
import { bagOfWordsBaseline } from "./baseline.ts";
import { buildVocabulary, wordRows } from "./features.ts";
import { fitLogistic, fitRidge } from "./linearModel.ts";

interface Case {
  readonly kind: "binary" | "softmax" | "ridge";
  readonly train: readonly LabelledText[];
  readonly dev: readonly LabelledText[];
  /** For each output the coefficients by word. */
  readonly coefficients: readonly Readonly<Record<string, number>>[];
  readonly intercepts: readonly number[];
  readonly predictions: readonly number[];
}

const file = new URL("../../fixtures/bag_of_words.json", import.meta.url);
const { cases } = JSON.parse(await readFile(file, "utf8")) as { readonly cases: readonly Case[] };
const named = cases.map(
  (one) => [one.kind, "pair" in (one.train[0] ?? {}) ? "pairs" : "sentences", one] as const,
);

function taskOf(kind: Case["kind"]): TaskDefinition {
  const base = {
    id: "fixture",
    title: "fixture",
    suite: "offline",
    origin: "synthetic",
    source: { kind: "generator", version: 1, seed: 1, generate: () => ({ train: [], dev: [] }) },
    publishedRows: { train: 70, dev: 30 },
    datasetCard: "",
  } as const;
  if (kind === "ridge") {
    const metrics = { primary: "pearson", names: ["pearson"] } as const;
    return { ...base, metrics, kind: "regression", labels: [], range: { min: -100, max: 100 } };
  }
  const labels = ["a", "b", "c"].slice(0, kind === "binary" ? 2 : 3).map((name) => ({ value: name, name }));
  return { ...base, metrics: { primary: "accuracy", names: ["accuracy"] }, kind: "classification", labels };
}

describe.each(named)("bag of words, %s over %s", (kind, _, { train, dev, ...expected }) => {
  it("has scikit-learn's vocabulary and coefficients", () => {
    const vocabulary = buildVocabulary(train);
    expect([...vocabulary.keys()].sort()).toEqual(Object.keys(expected.coefficients[0] ?? {}).sort());
    const options = { featureCount: vocabulary.size, penalty: 1, iterations: 500, tolerance: 1e-10 };
    const rows = wordRows(train, vocabulary);
    const labels = train.map(({ label }) => label);
    const model =
      kind === "ridge"
        ? fitRidge(rows, labels, options)
        : fitLogistic(rows, labels, kind === "binary" ? 2 : 3, options);
    expect(model.outputCount).toBe(expected.coefficients.length);
    const weight = (feature: number, output: number) => model.weights[feature * model.outputCount + output];
    expected.coefficients.forEach((coefficients, output) => {
      for (const [word, coefficient] of Object.entries(coefficients)) {
        expect(weight(vocabulary.get(word) ?? -1, output), word).toBeCloseTo(coefficient, 5);
      }
    });
    // Adding one number to all intercepts of a softmax changes nothing, so only their differences are determined.
    const intercepts = expected.intercepts.map((_, output) => weight(vocabulary.size, output) ?? Number.NaN);
    const shift = kind === "softmax" ? (expected.intercepts[0] ?? 0) - (intercepts[0] ?? 0) : 0;
    expected.intercepts.forEach((intercept, output) => {
      expect((intercepts[output] ?? 0) + shift).toBeCloseTo(intercept, 5);
    });
  });

  it("gives scikit-learn's predictions with the settings of the baseline", () => {
    const predictions = bagOfWordsBaseline(train, dev, taskOf(kind));
    expect(predictions).toHaveLength(dev.length);
    if (kind !== "ridge") expect(predictions).toEqual(expected.predictions);
    else
      for (const [row, score] of expected.predictions.entries())
        expect(predictions[row]).toBeCloseTo(score, 2);
  });
});

describe("bagOfWordsBaseline", () => {
  const train = [
    { text: "good", label: 5 },
    { text: "bad", label: 0 },
  ];

  it("keeps scores within the task's range", () => {
    const task = taskOf("ridge");
    const narrow = { ...task, range: { min: 2, max: 3 } } as TaskDefinition;
    expect(bagOfWordsBaseline(train, train, narrow)).toEqual([3, 2]);
  });

  it("answers what it never saw a word of by what is most frequent", () => {
    const rows = ["a", "b", "c"].map((text, index) => ({ text, label: index === 0 ? 0 : 1 }));
    expect(
      bagOfWordsBaseline(
        rows,
        [
          { text: "z", label: 0 },
          { text: "", label: 0 },
        ],
        taskOf("binary"),
      ),
    ).toEqual([1, 1]);
  });

  it("gives the same class where training text has one class only", () => {
    const rows = [
      { text: "a b", label: 0 },
      { text: "c", label: 0 },
    ];
    expect(bagOfWordsBaseline(rows, rows, taskOf("softmax"))).toEqual([0, 0]);
  });
});
