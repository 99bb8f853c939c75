/** One text of a corpus: held out whole or trained on whole. */
export interface TextDocument {
  /** Unique among all corpora. */
  readonly name: string;
  /** Follow one another in the text. */
  readonly paragraphs: readonly string[];
}

/** Files of a package by their paths below its root. */
export type PackageFiles = ReadonlyMap<string, Uint8Array>;

const decoder = new TextDecoder();

/** Names and texts of the files that match, sorted by name so that an archive's order does not matter. */
export function textFiles(files: PackageFiles, pattern: RegExp): readonly (readonly [string, string])[] {
  return [...files]
    .filter(([path]) => pattern.test(path))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, data]) => [path, decoder.decode(data)]);
}

/** Blanks for every kind of space, typewriter quotes and dashes for typographic ones. */
export function cleanText(text: string): string {
  return text
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u201c\u201d]/g, '"')
    .replace(/\u2014|\u2013/g, " - ")
    .replace(/\s+/g, " ")
    .trim();
}
