/** A text with the id that it is reported by. */
export interface OverlapItem {
  readonly id: string;
  readonly text: string;
}

/** A test item that stands in the training data. */
export interface Overlap {
  readonly test: string;
  /** The first training item that holds it. */
  readonly train: string;
}

/** From this length on a text is looked for within training texts too: shorter ones occur in others by chance. */
const WORDS_TO_SEARCH_WITHIN = 8;

/**
 * What of examples is looked for: the question, with its options in alphabetical order where it has any, since their
 * order is no part of it.
 */
export function overlapItems(
  examples: readonly {
    readonly id: string;
    readonly question: string;
    readonly options?: readonly string[];
  }[],
): readonly OverlapItem[] {
  return examples.map(({ id, question, options = [] }) => ({
    id,
    text: [question, ...[...options].sort()].join(" "),
  }));
}

/**
 * Test items whose text occurs in the training data. Texts are compared as words: letters and digits (NFKC), lower-case,
 * whatever stands between them. A test text is found where it is a whole training text, or, from eight words on,
 * where it stands within one (a question inside a prompt).
 * @returns one entry for each test item that is found, in the order of `test`
 */
export function findOverlap(train: readonly OverlapItem[], test: readonly OverlapItem[]): readonly Overlap[] {
  const wanted = test.map(({ text }) => wordsOf(text));
  const byStart = new Map<string, number[]>();
  wanted.forEach((words, index) => {
    if (words.length === 0) return;
    const start = words.slice(0, WORDS_TO_SEARCH_WITHIN).join(" ");
    byStart.set(start, [...(byStart.get(start) ?? []), index]);
  });
  const found = new Map<number, string>();
  for (const { id, text } of train) {
    const words = wordsOf(text);
    for (const [index, position] of candidates(words, byStart)) {
      if (!found.has(index) && occursAt(wanted[index] ?? [], words, position)) found.set(index, id);
    }
  }
  return test.flatMap(({ id }, index) => {
    const trainId = found.get(index);
    return trainId === undefined ? [] : [{ test: id, train: trainId }];
  });
}

/** Test texts that begin as the words at some position do, with the position. */
function* candidates(
  words: readonly string[],
  byStart: ReadonlyMap<string, readonly number[]>,
): Generator<readonly [index: number, position: number]> {
  const last = Math.max(0, words.length - WORDS_TO_SEARCH_WITHIN);
  for (let position = 0; position <= last; position++) {
    const start = words.slice(position, position + WORDS_TO_SEARCH_WITHIN).join(" ");
    for (const index of byStart.get(start) ?? []) yield [index, position];
  }
}

function occursAt(wanted: readonly string[], words: readonly string[], position: number): boolean {
  if (wanted.length < WORDS_TO_SEARCH_WITHIN) return wanted.length === words.length;
  return wanted.every((word, offset) => word === words[position + offset]);
}

function wordsOf(text: string): readonly string[] {
  return (
    text
      .normalize("NFKC")
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}
