import { describe, expect, it } from "vitest";
import { bagOfWordsBaseline } from "../bagOfWords/baseline.ts";
import { metrics } from "../metrics/index.ts";
import type { LabelledText, TaskDefinition, TaskGenerator } from "../task.ts";

/** What a task's stated rules give for a text, read from the text alone. */
export type Oracle = (text: string, pair: string) => number;

/** A group that matches any of the words, the longest first. */
export function anyOf(words: readonly string[]): string {
  return `(${[...words].sort((a, b) => b.length - a.length).join("|")})`;
}

/** A sentence as the words it was made of: without its end mark and its first capital. */
export function plainWords(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/[.?]$/, "");
}

/**
 * Declares what every task of glue-mini must show.
 * @param ceiling what a bag of words may reach on dev, in the task's first metric of accuracy or correlation
 */
export function describeMiniTask(
  task: TaskDefinition<TaskGenerator>,
  options: { readonly oracle: Oracle; readonly ceiling: number },
): void {
  const { generate, seed } = task.source;
  const rows = task.publishedRows;
  const { train, dev } = generate({ seed, rows });
  const all = [...train, ...dev];

  describe(`${task.id} (synthetic)`, () => {
    it.each([seed, 2, 77])(
      "has labels that its rules give, read from the text alone (seed %i)",
      (anySeed) => {
        const splits =
          anySeed === seed ? { train, dev } : generate({ seed: anySeed, rows: { train: 600, dev: 90 } });
        for (const { text, pair, label } of [...splits.train, ...splits.dev]) {
          expect(options.oracle(text, pair ?? ""), `${text} | ${pair}`).toBe(label);
        }
      },
    );

    it("is called synthetic wherever it is shown, and never GLUE", () => {
      expect(task).toMatchObject({ suite: "glue-mini", origin: "synthetic" });
      expect(task.title).toContain("(synthetic)");
      expect(task.title).not.toMatch(/glue/i);
    });

    it("has as many examples of each label, in both splits", () => {
      const labels = new Set(all.map(({ label }) => label));
      expect(labels.size).toBe(task.kind === "classification" ? task.labels.length : 6);
      for (const split of [train, dev]) {
        const counts = [...labels].map((label) => split.filter((row) => row.label === label).length);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }
    });

    it("has no text twice, whatever its case, within a split or across", () => {
      const keys = all.map(({ text, pair }) => `${text}\t${pair}`.toLowerCase());
      expect(new Set(keys).size).toBe(keys.length);
    });

    it("gives the same text for the same seed and other text for another one", () => {
      const few = { train: 40, dev: 20 };
      expect(generate({ seed: 5, rows: few })).toEqual(generate({ seed: 5, rows: few }));
      const texts = new Set(generate({ seed: 5, rows: few }).train.map(({ text }) => text));
      expect(
        generate({ seed: 6, rows: few }).train.filter(({ text }) => texts.has(text)).length,
      ).toBeLessThan(10);
    });

    it("refuses sizes that are no positive whole numbers", () => {
      expect(() => generate({ seed: 1, rows: { train: 0, dev: 5 } })).toThrow(
        /number of train examples is 0/,
      );
      expect(() => generate({ seed: 1, rows: { train: 5, dev: 1.5 } })).toThrow(
        /number of dev examples is 1.5/,
      );
    });

    it("is out of reach of a bag of words", () => {
      const predicted = bagOfWordsBaseline(train, dev, task);
      expect(score(task, predicted, dev)).toBeLessThan(options.ceiling);
    });

    it("does not tell its labels by length", () => {
      const asLengths = (list: readonly LabelledText[]) =>
        list.map((row) => ({ text: `words${length(row)}`, label: row.label }));
      const predicted = bagOfWordsBaseline(asLengths(train), asLengths(dev), task);
      expect(score(task, predicted, dev)).toBeLessThan(options.ceiling);
    });

    it("does not tell its labels by any single word of either side", () => {
      const labels = all.map(({ label }) => label);
      const mean = labels.reduce((sum, label) => sum + label, 0) / labels.length;
      const variance = labels.reduce((sum, label) => sum + (label - mean) ** 2, 0) / labels.length;
      const sums = new Map<string, { count: number; sum: number }>();
      for (const { text, pair, label } of all) {
        const words = [text, pair ?? ""].flatMap((part, side) =>
          [...new Set(plainWords(part).split(/\W+/))].map((word) => `${side}:${word}`),
        );
        for (const word of words) {
          const { count, sum } = sums.get(word) ?? { count: 0, sum: 0 };
          sums.set(word, { count: count + 1, sum: sum + label - mean });
        }
      }
      // A word that says nothing lies within four and a half standard errors (some hundred words are looked at).
      for (const [word, { count, sum }] of sums) {
        expect(Math.abs(sum) / Math.sqrt(count * variance), word).toBeLessThan(4.5);
      }
    });
  });
}

function length({ text, pair }: LabelledText): number {
  return `${text} ${pair ?? ""}`.split(" ").length;
}

function score(task: TaskDefinition, predicted: readonly number[], dev: readonly LabelledText[]): number {
  const metric = task.kind === "classification" ? metrics.accuracy : metrics.pearson;
  const { value } = metric.compute(
    predicted,
    dev.map(({ label }) => label),
  );
  return value ?? 0;
}
