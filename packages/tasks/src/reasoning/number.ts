/** How far a number may be from the right one: LLM-Adapters' evaluation allows as much. */
const TOLERANCE = 1e-3;

const DIGITS = String.raw`(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+`;
/** A minus sign before or behind `$`, digits, and what makes of them a fraction. */
const NUMBER = new RegExp(
  String.raw`(?<sign>(?<![\w)\]])[-−]\$?|\$[-−])?(?<digits>${DIGITS})(?:\s?/\s?(?<denominator>\d+))?`,
  "gu",
);

/**
 * The number that a text answers with, or null.
 *
 * - Behind the first `####` where there is one (GSM8K's mark), the first number; else the last number of the text.
 * - Thousands' commas, a decimal point, a minus sign, `$` and `%` are read: `-$1,234.50` is -1234.5, `50%` is 50. A
 *   hyphen behind a digit, letter or bracket, or before a space, is an operator or a dash: `10-3` ends with 3.
 * - Fractions are no numbers here: a text that ends with `3/4` gives null rather than 4.
 */
export function extractNumber(text: string): number | null {
  const marked = text.indexOf("####");
  const found = [...text.slice(marked === -1 ? 0 : marked + 4).matchAll(NUMBER)];
  const match = marked === -1 ? found.at(-1) : found[0];
  const { sign, digits, denominator } = match?.groups ?? {};
  if (digits === undefined || denominator !== undefined) return null;
  const value = Number(digits.replaceAll(",", ""));
  return sign === undefined ? value : -value;
}

/** Whether an answer is right, compared as a number: within 0.001. */
export function isSameNumber(found: number | null, expected: number): boolean {
  return found !== null && Math.abs(found - expected) <= TOLERANCE;
}
