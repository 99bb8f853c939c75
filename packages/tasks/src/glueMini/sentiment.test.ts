import { miniSentiment, negative, positive } from "./sentiment.ts";
import { describeMiniTask, plainWords } from "./testing.ts";

/** Polarity of a clause: that of its adjective, turned round by a negator. */
function polarity(clause: string): boolean {
  const words = clause.split(" ");
  const isPositive = words.some((word) => positive.includes(word));
  const isNegative = words.some((word) => negative.includes(word));
  if (isPositive === isNegative) throw new Error(`not one adjective in: ${clause}`);
  return isPositive !== /\b(not|never|hardly|far from|anything but|nobody)\b/.test(clause);
}

/** The clause that decides. */
function winner(text: string): string {
  for (const mark of [", but ", "; however, "]) {
    const [, after] = text.split(mark);
    if (after !== undefined) return after;
  }
  const opener = /(^|, )(?:although|even though|while) /.exec(text);
  if (opener === null) return text;
  return opener.index === 0 ? (text.split(", ")[1] as string) : text.slice(0, opener.index);
}

describeMiniTask(miniSentiment, {
  oracle: (text) => Number(polarity(winner(plainWords(text)))),
  ceiling: 0.65,
});
