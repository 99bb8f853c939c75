/** What a vocabulary is learned from: how often each word occurs. */
export type WordCounts = ReadonlyMap<string, number>;

export interface WordPieceOptions {
  /** Entries of the vocabulary, special tokens included. */
  readonly size: number;
  /** They come first, in this order. */
  readonly specialTokens: readonly string[];
  /** Characters that occur less often, at a word's beginning or inside, are left out: words with them are unknown. */
  readonly minCharacterCount: number;
  /** Pieces of one character that are there however rare, so that few words of any text are unknown. */
  readonly alwaysIncluded?: readonly string[];
}

/** A word under training: its pieces by number, and how often it occurs. */
interface TrainedWord {
  readonly pieces: number[];
  readonly count: number;
}

const CONTINUATION = "##";

/**
 * A WordPiece vocabulary by merging the most frequent pair of neighbouring pieces, again and again, as the trainer of
 * the `tokenizers` library does. Ties go to the pair whose pieces were made first, so that the result depends on the
 * counts alone.
 *
 * @returns special tokens, characters (at a word's beginning as they are, inside with `##`), then merged pieces
 * @throws {RangeError} where the characters alone exceed `size`
 */
export function trainWordPieces(counts: WordCounts, options: WordPieceOptions): readonly string[] {
  const vocabulary: string[] = [...options.specialTokens];
  const idOf = new Map<string, number>(vocabulary.map((token, id) => [token, id]));
  const add = (piece: string): number => {
    const known = idOf.get(piece);
    if (known !== undefined) return known;
    idOf.set(piece, vocabulary.length);
    return vocabulary.push(piece) - 1;
  };
  const always = options.alwaysIncluded ?? [];
  for (const piece of [...frequentCharacters(counts, options.minCharacterCount), ...always].sort())
    add(piece);
  if (vocabulary.length > options.size) {
    throw new RangeError(
      `The vocabulary is to have ${options.size} entries, but ${vocabulary.length} are characters and special tokens alone. Allow more, or raise minCharacterCount.`,
    );
  }
  const words: TrainedWord[] = [];
  // Sorted, so that the order in which words were counted is forgotten.
  for (const [word, count] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const pieces = [...word].map((character, index) =>
      idOf.get(index === 0 ? character : CONTINUATION + character),
    );
    if (pieces.every((piece) => piece !== undefined)) words.push({ pieces, count });
  }
  const pairs = new PairCounts(words);
  while (vocabulary.length < options.size) {
    const best = pairs.mostFrequent();
    if (best === null) break;
    const [left, right] = best;
    pairs.merge(left, right, add(mergedPiece(vocabulary[left] as string, vocabulary[right] as string)));
  }
  return vocabulary;
}

function mergedPiece(left: string, right: string): string {
  return left + right.slice(CONTINUATION.length);
}

function frequentCharacters(counts: WordCounts, least: number): readonly string[] {
  const pieces = new Map<string, number>();
  for (const [word, count] of counts) {
    for (const piece of charactersOf(word)) pieces.set(piece, (pieces.get(piece) ?? 0) + count);
  }
  return [...pieces].filter(([, count]) => count >= least).map(([piece]) => piece);
}

/** A word's pieces before any merge. */
function charactersOf(word: string): readonly string[] {
  return [...word].map((character, index) => (index === 0 ? character : CONTINUATION + character));
}

/** A pair of pieces as one number: vocabularies are far below 2^20. */
const PAIR_BASE = 2 ** 20;

/** Counts of all pairs of neighbours, kept up to date as pairs are merged. */
class PairCounts {
  readonly #words: readonly TrainedWord[];
  readonly #counts = new Map<number, number>();
  /** Words that a pair occurs in (or once did). */
  readonly #places = new Map<number, Set<number>>();

  constructor(words: readonly TrainedWord[]) {
    this.#words = words;
    words.forEach((_, word) => {
      this.#change(word, 1);
    });
  }

  mostFrequent(): readonly [number, number] | null {
    let [best, bestCount] = [-1, 1];
    for (const [pair, count] of this.#counts) {
      if (count > bestCount || (count === bestCount && count > 1 && pair < best)) {
        [best, bestCount] = [pair, count];
      }
    }
    return best < 0 ? null : [Math.floor(best / PAIR_BASE), best % PAIR_BASE];
  }

  merge(left: number, right: number, merged: number): void {
    const pair = left * PAIR_BASE + right;
    for (const word of this.#places.get(pair) ?? []) {
      this.#change(word, -1);
      const { pieces } = this.#words[word] as TrainedWord;
      for (let index = 0; index + 1 < pieces.length; index++) {
        if (pieces[index] === left && pieces[index + 1] === right) pieces.splice(index, 2, merged);
      }
      this.#change(word, 1);
    }
    this.#counts.delete(pair);
    this.#places.delete(pair);
  }

  #change(word: number, sign: 1 | -1): void {
    const { pieces, count } = this.#words[word] as TrainedWord;
    for (let index = 0; index + 1 < pieces.length; index++) {
      const pair = (pieces[index] as number) * PAIR_BASE + (pieces[index + 1] as number);
      const next = (this.#counts.get(pair) ?? 0) + sign * count;
      if (next > 0) this.#counts.set(pair, next);
      else this.#counts.delete(pair);
      if (sign === 1) {
        const places = this.#places.get(pair);
        if (places === undefined) this.#places.set(pair, new Set([word]));
        else places.add(word);
      }
    }
  }
}
