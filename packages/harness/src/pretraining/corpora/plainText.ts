import type { PackageFiles, TextDocument } from "./document.ts";
import { cleanText, textFiles } from "./document.ts";

/**
 * Plain texts, a document a file; blank lines end a paragraph.
 * @param only a pattern of paths
 * @param isKept of the place among the files that match, sorted by name
 */
export function plainTextReader(
  prefix: string,
  only: RegExp,
  isKept: (index: number) => boolean = () => true,
): (files: PackageFiles) => readonly TextDocument[] {
  return (files) =>
    textFiles(files, only)
      .filter((_, index) => isKept(index))
      .map(([path, text]) => ({
        name: `${prefix}/${path.replace(/^.*\//, "").replace(/\.txt$/, "")}`,
        paragraphs: text
          .split(/\n\s*\n/)
          .map(cleanText)
          .filter((paragraph) => paragraph !== ""),
      }));
}
