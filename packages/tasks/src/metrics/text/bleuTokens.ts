/** What Python's `str.split` takes for white space; JavaScript's `\s` has a few other characters. */
const SPACE = String.raw`[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`;
const SPACES = new RegExp(`${SPACE}+`, "u");
const SPACES_AT_END = new RegExp(`${SPACE}+$`, "u");

/** Words and marks of a text, as mteval-v13a separates them and `sacrebleu` does by default (`tok:13a`). Case is kept. */
export function bleuTokens(text: string): readonly string[] {
  const unescaped = text
    .replace(SPACES_AT_END, "")
    .replaceAll("<skipped>", "")
    .replaceAll("-\n", "")
    .replaceAll("\n", " ")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">");
  return (
    ` ${unescaped} `
      // Marks of ASCII but for full stop, comma, hyphen and apostrophe.
      .replace(/[{-~[-` -&(-+:-@/]/gu, " $& ")
      // Full stop and comma, unless between digits.
      .replace(/([^0-9])([.,])/gu, "$1 $2 ")
      .replace(/([.,])([^0-9])/gu, " $1 $2")
      // A hyphen behind a digit.
      .replace(/([0-9])(-)/gu, "$1 $2 ")
      .split(SPACES)
      .filter((token) => token !== "")
  );
}
