import { createRandom } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import type { TokenRows } from "../rows.ts";
import { trainTrigrams } from "./kneserNey.ts";
import { countNgrams, countOf } from "./ngramCounts.ts";
import { ngramPerplexities } from "./ngramPerplexity.ts";

const VOCABULARY = 6;

function rowsOf(rows: readonly (readonly number[])[]): TokenRows {
  const length = Math.max(...rows.map((row) => row.length)) + 1;
  return {
    count: rows.length,
    length,
    ids: Int32Array.from(rows.flatMap((row) => Array.from({ length }, (_, place) => row[place] ?? 0))),
    typeIds: new Int32Array(rows.length * length),
    lengths: Int32Array.from(rows, (row) => row.length),
  };
}

const random = createRandom(2, "text");
const text = rowsOf(
  Array.from({ length: 30 }, () => {
    const row = [random.integer(VOCABULARY)];
    while (row.length < 12) row.push((2 * (row.at(-1) as number) + random.integer(3)) % VOCABULARY);
    return row;
  }),
);
const tokens = Array.from({ length: VOCABULARY }, (_, token) => token);

describe("countNgrams", () => {
  it("counts inside rows only, without padding", () => {
    const rows = rowsOf([
      [1, 2, 1, 2],
      [2, 1],
    ]);
    const bigrams = countNgrams(rows, 2, VOCABULARY);
    expect(
      tokens.flatMap((a) => tokens.map((b) => countOf(bigrams, a * VOCABULARY + b))).filter((n) => n > 0),
    ).toEqual([2, 2]);
  });
});

describe("interpolated Kneser-Ney", () => {
  const model = trainTrigrams(text, VOCABULARY);

  it("gives distributions: of every context, seen or not", () => {
    const sum = (probability: (token: number) => number): number =>
      tokens.reduce((total, token) => total + probability(token), 0);
    expect(sum(model.unigram)).toBeCloseTo(1, 10);
    for (const first of tokens) {
      expect(sum((token) => model.bigram(first, token))).toBeCloseTo(1, 10);
      for (const second of tokens) {
        expect(sum((token) => model.trigram(first, second, token))).toBeCloseTo(1, 10);
      }
    }
  });

  it("is the definition's value, computed from lists by hand", () => {
    // Rows 1 2 3, 1 2 3, 1 2 4: trigrams 123 (2), 124 (1); bigrams 12, 23, 24; so n1 = n2 = 1 at the top: D = 1/3.
    const small = trainTrigrams(
      rowsOf([
        [1, 2, 3],
        [1, 2, 3],
        [1, 2, 4],
      ]),
      VOCABULARY,
    );
    // Continuations of 23 and of 24 are one each: n1 = 2, n2 = 0, D = 1. Lowest: 2, 3 and 4 have one each, D = 1.
    const lowest = (0 + (1 * 3) / VOCABULARY) / 3;
    const middle = (0 + 1 * 2 * lowest) / 2;
    expect(small.bigram(2, 3)).toBeCloseTo(middle, 12);
    expect(small.trigram(1, 2, 3)).toBeCloseTo((2 - 1 / 3 + (1 / 3) * 2 * middle) / 3, 12);
    expect(small.trigram(5, 2, 3)).toBeCloseTo(middle, 12);
  });

  it("predicts the text that it counted better the more it reads", () => {
    const hidden = tokens.flatMap((row) => [3, 5, 8].map((place) => ({ row, place })));
    const found = ngramPerplexities(model, text, hidden, VOCABULARY);
    expect(found.trigram).toBeLessThan(found.unigram);
    expect(found.twoSided).toBeLessThan(found.trigram);
    expect(found.twoSided).toBeGreaterThan(1);
  });
});
