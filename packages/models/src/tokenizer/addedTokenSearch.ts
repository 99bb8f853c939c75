import { space, wordCharacter } from "./bertText.ts";
import type { TokenizerJson } from "./tokenizerJson.ts";

type AddedTokenWithId = TokenizerJson["added_tokens"][number];

/** A part of a text between added tokens, or the id of one. */
export type Section = { readonly text: string; readonly start: number } | { readonly id: number };

const wordBefore = new RegExp(`${wordCharacter}$`, "u");
const wordAfter = new RegExp(`^${wordCharacter}`, "u");
const spacesBefore = new RegExp(`${space}+$`, "u");
const spacesAfter = new RegExp(`^${space}+`, "u");

/**
 * Makes a search that cuts a text around added tokens, as the `tokenizers` library does: the leftmost first, the
 * longest of those that begin there, each with the white space that it takes. The JavaScript library has no
 * `single_word`, and its white space is JavaScript's.
 * @param contentOf what is looked for: a token's content, or its normalized form
 */
export function createAddedTokenSearch(
  tokens: readonly AddedTokenWithId[],
  contentOf: (token: AddedTokenWithId) => string,
): (text: string) => Section[] {
  const byContent = new Map(tokens.map((token) => [contentOf(token), token]));
  byContent.delete("");
  if (byContent.size === 0) return (text) => (text === "" ? [] : [{ text, start: 0 }]);
  const longestFirst = [...byContent.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(escapePattern).join("|"), "gu");
  return (text) => {
    const sections: Section[] = [];
    let done = 0;
    for (const match of text.matchAll(pattern)) {
      const token = byContent.get(match[0]);
      if (token === undefined) continue;
      const before = text.slice(done, match.index);
      let end = match.index + match[0].length;
      const after = text.slice(end);
      if (token.single_word && (wordBefore.test(text.slice(0, match.index)) || wordAfter.test(after)))
        continue;
      const kept = token.lstrip ? before.replace(spacesBefore, "") : before;
      if (kept !== "") sections.push({ text: kept, start: done });
      sections.push({ id: token.id });
      if (token.rstrip) end += spacesAfter.exec(after)?.[0].length ?? 0;
      done = end;
    }
    if (done < text.length) sections.push({ text: text.slice(done), start: done });
    return sections;
  };
}

const escapePattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
