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

// A lone surrogate is half a character, which no UTF-8 text can hold.
const controlPattern = new RegExp(`[${characters(controls)}\\ud800-\\udfff]`, "gu");
const spacePattern = new RegExp(`[${characters(spaces)}]`, "gu");
const ideographPattern = new RegExp(`[${characters(ideographs)}]`, "gu");
const markPattern = new RegExp(`[${characters(marks)}]`, "gu");
const wordPattern = new RegExp(
  `[^${characters(spaces)}${characters(punctuation)}]+|[${characters(punctuation)}]`,
  "gu",
);

/** Cleans, splits, strips and lowercases, in this order, what the options ask for. */
export function normalizeBertText(text: string, options: BertTextOptions): string {
  let result = text;
  if (options.cleanText) result = result.replace(controlPattern, "").replace(spacePattern, " ");
  if (options.splitIdeographs) result = result.replace(ideographPattern, " $& ");
  if (options.stripAccents) result = result.normalize("NFD").replace(markPattern, "");
  // The reference lowercases each character by itself; JavaScript would make a capital sigma that ends a word another
  // letter.
  if (options.lowercase) result = result.replaceAll("\u03a3", "\u03c3").toLowerCase();
  return result;
}

/** Splits at spaces, which are left out, and around each punctuation mark. */
export function splitBertText(text: string): string[] {
  return text.match(wordPattern) ?? [];
}
