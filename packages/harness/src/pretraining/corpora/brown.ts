import type { PackageFiles, TextDocument } from "./document.ts";
import { cleanText, textFiles } from "./document.ts";

/**
 * The Brown corpus, `word/tag word/tag ...`: a document a sample (ca01 ... cr09), a paragraph where it has one. Tags
 * fall away, and the blanks that tokenization put around punctuation.
 */
export function readBrown(files: PackageFiles): readonly TextDocument[] {
  return textFiles(files, /^c[a-r]\d\d$/).map(([name, text]) => ({
    name: `brown/${name}`,
    paragraphs: text
      .split(/\n\s*\n/)
      .map((paragraph) => untag(paragraph))
      .filter((paragraph) => paragraph !== ""),
  }));
}

function untag(paragraph: string): string {
  const words = paragraph
    .split(/\s+/)
    .filter((token) => token !== "")
    .map((token) => token.slice(0, Math.max(token.lastIndexOf("/"), 1)));
  const text = words.join(" ").replace(/``|''/g, '"');
  return cleanText(text.replace(/ ([.,;:?!)])/g, "$1").replace(/\( /g, "("));
}
