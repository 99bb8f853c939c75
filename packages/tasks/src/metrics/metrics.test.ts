import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MetricName } from "./index.ts";
import { metrics } from "./index.ts";
import { averageRanks } from "./spearman.ts";

interface MetricCase {
  readonly name: string;
  readonly predictions: readonly number[];
  readonly references: readonly number[];
  readonly expected: Readonly<Partial<Record<MetricName, number | null>>>;
}

const fixture: { readonly cases: readonly MetricCase[] } = JSON.parse(
  readFileSync(new URL("../../fixtures/metrics.json", import.meta.url), "utf8"),
);

describe("equal scikit-learn and SciPy on", () => {
  it.each(fixture.cases.map((entry) => [entry.name, entry] as const))("%s", (_, entry) => {
    for (const [name, expected] of Object.entries(entry.expected)) {
      const result = metrics[name as MetricName].compute(entry.predictions, entry.references);
      expect(result.count).toBe(entry.references.length);
      if (expected === null) {
        // SciPy's NaN, or its refusal of a single example.
        expect(result).toMatchObject({ value: null, reason: expect.stringMatching(/equal|two examples/) });
      } else {
        expect(result.value, name).not.toBeNull();
        expect(Math.abs((result.value ?? Number.NaN) - expected), name).toBeLessThanOrEqual(1e-12);
      }
    }
  });
});

const names = Object.keys(metrics) as MetricName[];

describe.each(names)("%s", (name) => {
  const metric = metrics[name];

  it("is null with a reason, never NaN, where there is nothing to score", () => {
    expect(metric.compute([], [])).toEqual({ value: null, count: 0, reason: "there are no examples" });
  });

  it("is null with a reason where a diverged model predicted NaN or infinity", () => {
    expect(metric.compute([0, Number.NaN], [0, 1])).toEqual({
      value: null,
      count: 2,
      reason: "prediction 1 is NaN",
    });
    expect(metric.compute([Number.POSITIVE_INFINITY, 1], [0, 1]).value).toBeNull();
  });

  it("refuses lists of different lengths and references that are not finite", () => {
    expect(() => metric.compute([1], [1, 0])).toThrow(/Found 1 predictions for 2 references/);
    expect(() => metric.compute([1, 1], [1, Number.NaN])).toThrow(/Reference 1 is NaN/);
  });

  it("lies in its range, is best for perfect predictions and does not depend on the order of examples", () => {
    const binary = fc.array(fc.tuple(fc.constantFrom(0, 1), fc.constantFrom(0, 1)), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(binary, (pairs) => {
        const predictions = pairs.map(([prediction]) => prediction);
        const references = Int32Array.from(pairs, ([, reference]) => reference);
        const { value } = metric.compute(predictions, references);
        const perfect = metric.compute(references, references).value;
        if (value === null) return;
        expect(value).toBeGreaterThanOrEqual(-1);
        expect(value).toBeLessThanOrEqual(1);
        if (perfect !== null && perfect > 0) expect(perfect).toBeCloseTo(1, 12);
        const reversed = metric.compute(predictions.toReversed(), references.toReversed()).value;
        expect(reversed).toBeCloseTo(value, 12);
      }),
    );
  });
});

describe("f1", () => {
  it("refuses classes other than 0 and 1", () => {
    expect(() => metrics.f1.compute([2, 0], [1, 0])).toThrow(/Prediction 0 is 2; F1 expected class 0 or 1/);
  });
});

describe("pearson", () => {
  it("stands very large and very small values", () => {
    for (const scale of [1e300, 1e-300]) {
      const scaled = [1, 2, 3, 5].map((value) => value * scale);
      expect(metrics.pearson.compute(scaled, [1, 2, 3, 5]).value).toBeCloseTo(1, 12);
    }
  });
});

describe("averageRanks", () => {
  it("counts, for each value, those below it and half of the others equal to it", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 30 }), (values) => {
        const expected = values.map((value) => {
          const below = values.filter((other) => other < value).length;
          const equal = values.filter((other) => other === value).length;
          return below + (equal + 1) / 2;
        });
        expect([...averageRanks(values)]).toEqual(expected);
      }),
    );
  });
});
