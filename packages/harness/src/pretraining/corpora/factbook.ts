import type { PackageFiles, TextDocument } from "./document.ts";
import { cleanText, textFiles } from "./document.ts";

/** Entries below this many words are figures and names, not sentences. */
const FEWEST_WORDS = 12;

/** The World Factbook as JSON: a document a country, a paragraph each entry that is long enough to be prose. */
export function readFactbook(files: PackageFiles): readonly TextDocument[] {
  return textFiles(files, /^[a-z-]+\/[a-z]{2}\.json$/).map(([path, text]) => ({
    name: `factbook/${path.replace(/\.json$/, "")}`,
    paragraphs: texts(JSON.parse(text))
      .map(cleanText)
      .filter((entry) => entry.split(" ").length >= FEWEST_WORDS),
  }));
}

function texts(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(texts);
}
