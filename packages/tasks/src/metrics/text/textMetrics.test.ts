import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { corpusBleu } from "./bleu.ts";
import type { RougeType } from "./rouge.ts";
import { meanRouge, rougeScores, rougeTypes } from "./rouge.ts";

type Triple = readonly [precision: number, recall: number, fMeasure: number];
type RougeValues = Readonly<Record<"plain" | "stemmed", Readonly<Record<RougeType, Triple>>>>;
type BleuValues = Readonly<Record<"plain" | "effective", number>>;

interface Pair {
  readonly prediction: string;
  readonly references: readonly string[];
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../fixtures/${name}`, import.meta.url), "utf8"));

/** Values of `rouge-score` and `sacrebleu`, by `make_text_metrics.py`. */
const fixture = read("text_metrics.json") as {
  readonly pairs: readonly (Pair & { readonly rouge: RougeValues; readonly bleu: BleuValues })[];
  readonly corpusBleu: BleuValues;
  readonly firstReferenceBleu: BleuValues;
};

const DIGITS = 9;

function expectRouge({ prediction, references }: Pair, expected: RougeValues): void {
  for (const stemmer of [false, true]) {
    const scores = rougeScores(prediction, references, { stemmer });
    for (const type of rougeTypes) {
      const { precision, recall, fMeasure } = scores[type];
      const values = expected[stemmer ? "stemmed" : "plain"][type];
      [precision, recall, fMeasure].forEach((value, index) => {
        expect(value, `${type}, stemmer ${stemmer}`).toBeCloseTo(values[index] ?? Number.NaN, DIGITS);
      });
    }
  }
}

function expectBleu(pairs: readonly Pair[], expected: BleuValues): void {
  const predictions = pairs.map(({ prediction }) => prediction);
  const references = pairs.map((pair) => pair.references);
  expect(corpusBleu(predictions, references).score).toBeCloseTo(expected.plain, DIGITS);
  const effective = corpusBleu(predictions, references, { effectiveOrder: true }).score;
  expect(effective).toBeCloseTo(expected.effective, DIGITS);
}

describe.each(fixture.pairs.map((pair, index) => [index, pair] as const))("pair %i of text", (_, pair) => {
  it("has the ROUGE of rouge-score", () => expectRouge(pair, pair.rouge));
  it("has the BLEU of sacrebleu, as a corpus of one", () => expectBleu([pair], pair.bleu));
});

describe("a corpus", () => {
  it("has the BLEU of sacrebleu, with one reference and with several", () => {
    expectBleu(fixture.pairs, fixture.corpusBleu);
    const first = fixture.pairs.map((pair) => ({ ...pair, references: pair.references.slice(0, 1) }));
    expectBleu(first, fixture.firstReferenceBleu);
  });

  it("is refused where texts or references are missing", () => {
    expect(() => corpusBleu([], [])).toThrow(RangeError);
    expect(() => corpusBleu(["a", "b"], [["a"]])).toThrow("2 predictions and references for 1");
    expect(() => corpusBleu(["a", "b"], [["a"], []])).toThrow("Prediction 1 has no reference");
    expect(() => rougeScores("a", [], { stemmer: false })).toThrow(RangeError);
    expect(() => meanRouge([])).toThrow(RangeError);
  });
});

const shared = process.env.PEFTBENCH_SHARED;

/** Numbers alone: the texts stay where they are. */
const dataValues = read("text_metrics_data.json") as Readonly<
  Record<
    "scitldr" | "webnlg",
    {
      readonly rows: number;
      readonly meanF: Readonly<Record<"plain" | "stemmed", Readonly<Record<RougeType, number>>>>;
      readonly bleu: BleuValues;
      readonly first: readonly RougeValues[];
    }
  >
>;

function jsonLines<Row>(path: string): readonly Row[] {
  const text = readFileSync(join(shared ?? "", "datasets", path), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
}

const asLines = (text: string): string => text.replaceAll(". ", ".\n");

const pairsOf = {
  scitldr: () =>
    jsonLines<{ readonly document: string; readonly summaries: readonly string[] }>(
      "summarization/scitldr/dev.jsonl",
    ).map(({ document, summaries }) => ({
      prediction: asLines(document).split("\n").slice(0, 3).join("\n"),
      references: summaries.map(asLines),
    })),
  webnlg: () =>
    jsonLines<{ readonly triples: readonly string[]; readonly lexs: readonly string[] }>(
      "nlg/webnlg_v1.2/dev.jsonl",
    ).map(({ triples, lexs }) => ({
      prediction: triples.map((triple) => `${triple.replaceAll(" | ", " ").replaceAll("_", " ")}.`).join(" "),
      references: lexs,
    })),
} as const;

describe.skipIf(shared === undefined).each(["scitldr", "webnlg"] as const)(
  "dev of %s, scored by a rule (needs PEFTBENCH_SHARED)",
  (name) => {
    it("has the ROUGE of rouge-score and the BLEU of sacrebleu", () => {
      const pairs = pairsOf[name]();
      const expected = dataValues[name];
      expect(pairs).toHaveLength(expected.rows);
      expected.first.forEach((values, index) => {
        expectRouge(pairs[index] as Pair, values);
      });
      for (const stemmer of [false, true]) {
        const means = meanRouge(
          pairs.map(({ prediction, references }) => rougeScores(prediction, references, { stemmer })),
        );
        for (const type of rougeTypes) {
          expect(means[type]).toBeCloseTo(expected.meanF[stemmer ? "stemmed" : "plain"][type], DIGITS);
        }
      }
      expectBleu(pairs, expected.bleu);
    });
  },
);
