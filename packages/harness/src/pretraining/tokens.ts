import type { Tokenizer, WordCounts } from "@peftbench/models";
import { bertWords } from "@peftbench/models";
import type { TextDocument } from "./corpora/document.ts";

/** A document as token ids without special tokens. */
export type TokenStream = Int32Array;

export function countWords(documents: readonly TextDocument[]): WordCounts {
  const counts = new Map<string, number>();
  for (const { paragraphs } of documents) {
    for (const paragraph of paragraphs) {
      for (const word of bertWords(paragraph)) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return counts;
}

/** Encodes documents; each word is looked up once, as BERT's pieces of a word depend on the word alone. */
export function createDocumentEncoder(tokenizer: Tokenizer): (document: TextDocument) => TokenStream {
  const known = new Map<string, readonly number[]>();
  const piecesOf = (word: string): readonly number[] => {
    const found = known.get(word);
    if (found !== undefined) return found;
    const pieces = tokenizer.encode(word).ids.slice(1, -1);
    known.set(word, pieces);
    return pieces;
  };
  return ({ paragraphs }) =>
    Int32Array.from(paragraphs.flatMap((paragraph) => bertWords(paragraph).flatMap(piecesOf)));
}
