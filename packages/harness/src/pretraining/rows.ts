import type { TokenStream } from "./tokens.ts";

/** Ids that rows are built with. */
export interface SpecialIds {
  readonly pad: number;
  readonly start: number;
  readonly end: number;
  readonly mask: number;
  /** Ids below it are special tokens, which are neither predicted nor put in by chance. */
  readonly firstOrdinary: number;
}

/** Rows of equal length, each a part of one document, in row-major order. */
export interface TokenRows {
  readonly count: number;
  readonly length: number;
  readonly ids: Int32Array;
  readonly typeIds: Int32Array;
  /** Tokens of each row, special ones included, padding not. */
  readonly lengths: Int32Array;
}

/** The end of a document makes no row where it is shorter than this. */
const FEWEST_TOKENS = 8;

/**
 * Cuts documents into rows, `[CLS] a [SEP]` and `[CLS] a [SEP] b [SEP]` in turn, so that the second token type is
 * trained as well. Every token of a document is in one row, but for an end that is too short.
 * @param sentenceEnds ids after which b may begin; the one nearest to the middle is taken
 */
export function packRows(
  streams: Iterable<TokenStream>,
  length: number,
  special: SpecialIds,
  sentenceEnds: ReadonlySet<number>,
): TokenRows {
  const [ids, typeIds, lengths]: [number[], number[], number[]] = [[], [], []];
  let isPair = false;
  for (const stream of streams) {
    for (let begin = 0; begin < stream.length; ) {
      const part = stream.subarray(begin, begin + length - (isPair ? 3 : 2));
      begin += part.length;
      if (part.length < FEWEST_TOKENS && begin === stream.length) break;
      const border = isPair ? middleBorder(part, sentenceEnds) : part.length;
      const row = [special.start, ...part.subarray(0, border), special.end];
      if (isPair) row.push(...part.subarray(border), special.end);
      for (let place = 0; place < length; place++) {
        ids.push(row[place] ?? special.pad);
        typeIds.push(place > border + 1 && place < row.length ? 1 : 0);
      }
      lengths.push(row.length);
      isPair = !isPair;
    }
  }
  return {
    count: lengths.length,
    length,
    ids: Int32Array.from(ids),
    typeIds: Int32Array.from(typeIds),
    lengths: Int32Array.from(lengths),
  };
}

/** Where the second half begins: after the sentence end nearest to the middle, or in the middle. */
function middleBorder(part: Int32Array, sentenceEnds: ReadonlySet<number>): number {
  const middle = part.length >> 1;
  for (let distance = 0; distance < middle - 1; distance++) {
    for (const border of [middle - distance, middle + distance]) {
      if (sentenceEnds.has(part[border - 1] as number)) return border;
    }
  }
  return middle;
}
