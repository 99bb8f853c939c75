import { controls, ideographs, marks, punctuation, spaces } from "./unicodeTables.ts";

// What BERT does to text before its vocabulary is looked up, as the `tokenizers` library does it.

/** The settings of a `BertNormalizer` in tokenizer.json. */
export interface BertTextOptions {
  /** Remove control characters and make every space a blank. */
  readonly cleanText: boolean;
  /** Make each ideograph a word. */
  readonly splitIdeographs: boolean;
  readonly stripAccents: boolean;
  readonly lowercase: boolean;
}

const characters = (ranges: readonly string[]): string =>
  ranges
    .join(" ")
    .split(" ")
    .map((range) => range.replace(/[0-9a-f]+/g, (digits) => `\\u{${digits}}`))
    .join("");

/** Unicode's white space; JavaScript's `\s` takes U+FEFF for a space and U+0085 for none. */
export const space = `[${characters(spaces)}]`;
/** What a regular expression of Rust calls a word's character. */
export const wordCharacter = "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]";

// A lone surrogate is half a character, which no UTF-8 text can hold.
const controlPattern = new RegExp(`[${characters(controls)}\\ud800-\\udfff]`, "gu");
const spacePattern = new RegExp(space, "gu");
const ideographPattern = new RegExp(`[${characters(ideographs)}]`, "gu");
const markPattern = new RegExp(`[${characters(marks)}]`, "gu");
const wordPattern = new RegExp(
  `[^${characters(spaces)}${characters(punctuation)}]+|[${characters(punctuation)}]`,
  "gu",
);
const notSpacePattern = new RegExp(`[^${characters(spaces)}]+`, "gu");
const leftSpacePattern = new RegExp(`^${space}+`, "u");
const rightSpacePattern = new RegExp(`${space}+$`, "u");
const punctuationPattern = new RegExp(`[^${characters(punctuation)}]+|[${characters(punctuation)}]`, "gu");

/** Cleans, splits, strips and lowercases, in this order, what the options ask for. */
export function normalizeBertText(text: string, options: BertTextOptions): string {
  let result = text;
  if (options.cleanText) result = result.replace(controlPattern, "").replace(spacePattern, " ");
  if (options.splitIdeographs) result = result.replace(ideographPattern, " $& ");
  if (options.stripAccents) result = result.normalize("NFD").replace(markPattern, "");
  if (options.lowercase) result = lowercase(result);
  return result;
}

/**
 * Lowercases each character by itself, as the reference does; JavaScript would make a capital sigma that ends a word
 * another letter.
 */
export function lowercase(text: string): string {
  return text.replaceAll("\u03a3", "\u03c3").toLowerCase();
}

/** Removes Unicode's white space from the ends. */
export function strip(text: string, ends: { readonly left: boolean; readonly right: boolean }): string {
  let result = text;
  if (ends.left) result = result.replace(leftSpacePattern, "");
  if (ends.right) result = result.replace(rightSpacePattern, "");
  return result;
}

/** The words of byte-level BPE: as GPT-2's pattern, with Unicode's white space instead of JavaScript's. */
export const byteLevelPattern = new RegExp(
  `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${characters(spaces)}\\p{L}\\p{N}]+|[${characters(spaces)}]+(?![^${characters(spaces)}])|[${characters(spaces)}]+`,
  "gu",
);

/** Splits around each punctuation mark and keeps everything. */
export function splitPunctuation(text: string): string[] {
  return text.match(punctuationPattern) ?? [];
}

/** Splits at spaces, which are left out. */
export function splitSpaces(text: string): string[] {
  return text.match(notSpacePattern) ?? [];
}

/** Splits at spaces, which are left out, and around each punctuation mark. */
export function splitBertText(text: string): string[] {
  return text.match(wordPattern) ?? [];
}
