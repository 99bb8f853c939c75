import { lcsLength, lcsPositions } from "./lcs.ts";
import { countNgrams, countShared } from "./ngrams.ts";
import { porterStem } from "./porterStemmer.ts";

/** Each from 0 to 1. */
export interface RougeScore {
  readonly precision: number;
  readonly recall: number;
  readonly fMeasure: number;
}

export const rougeTypes = ["rouge1", "rouge2", "rougeL", "rougeLsum"] as const;
export type RougeType = (typeof rougeTypes)[number];
export type RougeScores = Readonly<Record<RougeType, RougeScore>>;

export interface RougeOptions {
  /** Whether words count by their Porter stems. Published figures usually are with it. */
  readonly stemmer: boolean;
}

/**
 * ROUGE of one prediction (Lin 2004), equal to PyPI `rouge-score` 0.1.2: lower-case words of a-z and 0-9, no bootstrap.
 *
 * ROUGE-L takes a text as one sequence, ROUGE-Lsum as sentences that line feeds separate (union of longest common
 * subsequences): texts without line feeds are one sentence, so callers split them first.
 *
 * @param references at least one; of several, the one with the highest F-measure counts, for each type by itself
 * @throws {RangeError} without a reference
 */
export function rougeScores(
  prediction: string,
  references: readonly string[],
  { stemmer }: RougeOptions,
): RougeScores {
  if (references.length === 0) throw new RangeError("ROUGE needs a reference; got none.");
  const predicted = readText(prediction, stemmer);
  const scores = references.map((reference) => scoreOne(predicted, readText(reference, stemmer)));
  const best = (type: RougeType): RougeScore =>
    scores.map((score) => score[type]).reduce((a, b) => (b.fMeasure > a.fMeasure ? b : a));
  return {
    rouge1: best("rouge1"),
    rouge2: best("rouge2"),
    rougeL: best("rougeL"),
    rougeLsum: best("rougeLsum"),
  };
}

/**
 * F-measures of a corpus: the means over its examples.
 * @throws {RangeError} without an example
 */
export function meanRouge(examples: readonly RougeScores[]): Readonly<Record<RougeType, number>> {
  if (examples.length === 0) throw new RangeError("ROUGE of a corpus needs an example; got none.");
  const mean = (type: RougeType): number =>
    examples.reduce((sum, scores) => sum + scores[type].fMeasure, 0) / examples.length;
  return {
    rouge1: mean("rouge1"),
    rouge2: mean("rouge2"),
    rougeL: mean("rougeL"),
    rougeLsum: mean("rougeLsum"),
  };
}

interface Text {
  readonly words: readonly string[];
  readonly sentences: readonly (readonly string[])[];
}

function readText(text: string, stemmer: boolean): Text {
  const sentences = text.split("\n").map((line) => wordsOf(line, stemmer));
  return { words: sentences.flat(), sentences };
}

function wordsOf(text: string, stemmer: boolean): readonly string[] {
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return stemmer ? words.map((word) => (word.length > 3 ? porterStem(word) : word)) : words;
}

function scoreOne(predicted: Text, reference: Text): RougeScores {
  const ngrams = (length: number): RougeScore =>
    scoreOf(
      countShared(countNgrams(reference.words, length), countNgrams(predicted.words, length)),
      Math.max(0, predicted.words.length - length + 1),
      Math.max(0, reference.words.length - length + 1),
    );
  const [predictedWords, referenceWords] = [predicted.words.length, reference.words.length];
  return {
    rouge1: ngrams(1),
    rouge2: ngrams(2),
    rougeL: scoreOf(lcsLength(reference.words, predicted.words), predictedWords, referenceWords),
    rougeLsum: scoreOf(unionHits(predicted, reference), predictedWords, referenceWords),
  };
}

/**
 * Words of the reference that stand in the union of longest common subsequences of its sentences with all predicted
 * ones (Lin 2004, section 3.2); as in ROUGE 1.5.5, none is counted more often than it occurs in either text.
 */
function unionHits(predicted: Text, reference: Text): number {
  const left = {
    predicted: new Map(countNgrams(predicted.words, 1)),
    reference: new Map(countNgrams(reference.words, 1)),
  };
  let hits = 0;
  for (const sentence of reference.sentences) {
    const union = new Set(predicted.sentences.flatMap((other) => lcsPositions(sentence, other)));
    for (const position of union) {
      const word = sentence[position] ?? "";
      const counts = [left.predicted.get(word) ?? 0, left.reference.get(word) ?? 0] as const;
      if (Math.min(...counts) === 0) continue;
      hits++;
      left.predicted.set(word, counts[0] - 1);
      left.reference.set(word, counts[1] - 1);
    }
  }
  return hits;
}

function scoreOf(hits: number, predictedCount: number, referenceCount: number): RougeScore {
  const precision = hits / Math.max(predictedCount, 1);
  const recall = hits / Math.max(referenceCount, 1);
  const sum = precision + recall;
  return { precision, recall, fMeasure: sum > 0 ? (2 * precision * recall) / sum : 0 };
}
