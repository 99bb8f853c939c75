import { readBrown } from "./brown.ts";
import type { PackageFiles, TextDocument } from "./document.ts";
import { readFactbook } from "./factbook.ts";
import { plainTextReader } from "./plainText.ts";
import { readWordnet } from "./wordnet.ts";

/** The packages whose form is known, by what a configuration calls it. */
export const corpusReaders = ["brown", "sotu", "moby-dick", "wordnet", "factbook"] as const;

export type CorpusReader = (typeof corpusReaders)[number];

const readers: Readonly<Record<CorpusReader, (files: PackageFiles) => readonly TextDocument[]>> = {
  brown: readBrown,
  // The offline task `era` tests on sentences of every fifth address.
  sotu: plainTextReader("sotu", /^data\/\d{4}_.*\.txt$/, (index) => index % 5 !== 4),
  "moby-dick": plainTextReader("moby-dick", /^data\/(chapter_\d+|epilogue|etymology|extracts)\.txt$/),
  wordnet: readWordnet,
  factbook: readFactbook,
};

/** @throws {RangeError} where the package holds no document, which means that it has another form than thought */
export function readCorpus(reader: CorpusReader, files: PackageFiles): readonly TextDocument[] {
  const documents = readers[reader](files).filter(({ paragraphs }) => paragraphs.length > 0);
  if (documents.length === 0) {
    throw new RangeError(
      `The reader ${reader} found no text among ${files.size} files (${[...files.keys()].slice(0, 3).join(", ")}, ...). Give the version that benchmarks/pretrain names.`,
    );
  }
  return documents;
}
