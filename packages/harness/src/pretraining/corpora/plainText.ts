import type { PackageFiles, TextDocument } from "./document.ts";
import { cleanText, textFiles } from "./document.ts";

/** Plain texts, a document a file; blank lines end a paragraph. `only` is a pattern of paths. */
export function plainTextReader(
  prefix: string,
  only: RegExp,
): (files: PackageFiles) => readonly TextDocument[] {
  return (files) =>
    textFiles(files, only).map(([path, text]) => ({
      name: `${prefix}/${path.replace(/^.*\//, "").replace(/\.txt$/, "")}`,
      paragraphs: text
        .split(/\n\s*\n/)
        .map(cleanText)
        .filter((paragraph) => paragraph !== ""),
    }));
}
