import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BERT_SPECIAL_TOKENS, bertTokenizerFiles, loadTokenizer, trainWordPieces } from "@peftbench/models";
import type { PretrainingConfig, PretrainingPhase } from "./config.ts";
import type { TextDocument } from "./corpora/document.ts";
import type { SpecialIds, TokenRows } from "./rows.ts";
import { packRows } from "./rows.ts";
import { splitDocuments } from "./split.ts";
import { countWords, createDocumentEncoder } from "./tokens.ts";

/** Special tokens come first in the vocabulary, in this order. */
export const SPECIAL_IDS: SpecialIds = {
  pad: BERT_SPECIAL_TOKENS.indexOf("[PAD]"),
  start: BERT_SPECIAL_TOKENS.indexOf("[CLS]"),
  end: BERT_SPECIAL_TOKENS.indexOf("[SEP]"),
  mask: BERT_SPECIAL_TOKENS.indexOf("[MASK]"),
  firstOrdinary: BERT_SPECIAL_TOKENS.length,
};

/** Printable ASCII in lower case. BERT splits words at punctuation, so only letters and digits continue one. */
const ASCII_PIECES: readonly string[] = Array.from({ length: 0x7f - 0x21 }, (_, index) =>
  String.fromCharCode(0x21 + index).toLowerCase(),
).flatMap((character) => (/[a-z0-9]/.test(character) ? [character, `##${character}`] : [character]));

export interface CorpusStatistics {
  readonly title: string;
  readonly documents: number;
  readonly heldOutDocuments: number;
  readonly words: number;
  /** Tokens in training documents. */
  readonly trainTokens: number;
}

/** Text as a run trains on it. */
export interface PreparedText {
  readonly vocabulary: readonly string[];
  /** By phase: the same documents in rows of its length. */
  readonly train: readonly TokenRows[];
  /** In rows of the last phase's length. */
  readonly heldOut: TokenRows;
  readonly corpora: readonly CorpusStatistics[];
}

/** Documents of one corpus. */
export interface CorpusText {
  readonly title: string;
  readonly documents: readonly TextDocument[];
}

/**
 * Splits the documents, trains the vocabulary on those of training and writes its files into `folder`, and cuts all
 * into rows.
 */
export async function prepareText(
  config: PretrainingConfig,
  corpora: readonly CorpusText[],
  folder: string,
): Promise<PreparedText> {
  const splits = corpora.map(({ title, documents }) => ({
    title,
    ...splitDocuments(documents, config.heldOutShare),
  }));
  const vocabulary = trainWordPieces(countWords(splits.flatMap(({ train }) => train)), {
    size: config.tokenizer.vocabularySize,
    minCharacterCount: config.tokenizer.minCharacterCount,
    specialTokens: BERT_SPECIAL_TOKENS,
    alwaysIncluded: ASCII_PIECES,
  });
  await mkdir(folder, { recursive: true });
  const files = bertTokenizerFiles(vocabulary, Number(config.model.max_position_embeddings ?? 512));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const encode = createDocumentEncoder(await loadTokenizer(folder));
  const encoded = splits.map(({ title, train, heldOut }) => ({
    title,
    documents: train.length + heldOut.length,
    heldOut: heldOut.map(encode),
    train: train.map(encode),
    words: [...countWords([...train, ...heldOut]).values()].reduce((sum, count) => sum + count, 0),
  }));
  const ends = new Set([".", "!", "?"].map((mark) => vocabulary.indexOf(mark)));
  const rowsOf = (split: "train" | "heldOut", { rowLength }: PretrainingPhase): TokenRows =>
    packRows(
      encoded.flatMap((corpus) => corpus[split]),
      rowLength,
      SPECIAL_IDS,
      ends,
    );
  const { phases } = config.training;
  return {
    vocabulary,
    train: phases.map((phase) => rowsOf("train", phase)),
    heldOut: rowsOf("heldOut", phases.at(-1) as PretrainingPhase),
    corpora: encoded.map(({ title, documents, heldOut, train, words }) => ({
      title,
      documents,
      heldOutDocuments: heldOut.length,
      words,
      trainTokens: train.reduce((sum, { length }) => sum + length, 0),
    })),
  };
}
