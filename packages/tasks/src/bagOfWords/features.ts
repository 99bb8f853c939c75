/** Which words stand in a text; rows of a sparse matrix of ones. */
export interface WordRows {
  /** Row r has the features `features[starts[r]]` to `features[starts[r + 1] - 1]`, in ascending order. */
  readonly starts: Int32Array;
  readonly features: Int32Array;
}

interface TextOrPair {
  readonly text: string;
  readonly pair?: string;
}

/** Feature numbers of words, in the order in which training text brings them. */
export type Vocabulary = ReadonlyMap<string, number>;

/** Gives every word of the training texts a number. The second text of a pair has words of its own. */
export function buildVocabulary(texts: readonly TextOrPair[]): Vocabulary {
  const vocabulary = new Map<string, number>();
  for (const text of texts) {
    for (const word of wordsOf(text)) if (!vocabulary.has(word)) vocabulary.set(word, vocabulary.size);
  }
  return vocabulary;
}

/** Marks which words of the vocabulary each text holds; how often, and what else it holds, is left out. */
export function wordRows(texts: readonly TextOrPair[], vocabulary: Vocabulary): WordRows {
  const starts = new Int32Array(texts.length + 1);
  const features: number[] = [];
  texts.forEach((text, row) => {
    const present = new Set<number>();
    for (const word of wordsOf(text)) {
      const feature = vocabulary.get(word);
      if (feature !== undefined) present.add(feature);
    }
    features.push(...[...present].sort((a, b) => a - b));
    starts[row + 1] = features.length;
  });
  return { starts, features: Int32Array.from(features) };
}

/** Runs of letters, marks, digits and underscores in lower case, marked with the side of the pair they are from. */
function wordsOf({ text, pair }: TextOrPair): readonly string[] {
  const first = words(text).map((word) => `1:${word}`);
  return pair === undefined ? first : [...first, ...words(pair).map((word) => `2:${word}`)];
}

function words(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{M}\p{N}_]+/gu) ?? [];
}
