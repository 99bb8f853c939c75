import type { Concept } from "./lexicon.ts";
import { people, places, things, thingVerbs, times, traits } from "./lexicon.ts";
import { miniSimilarity } from "./similarity.ts";
import { anyOf, describeMiniTask, plainWords } from "./testing.ts";

const verbs = thingVerbs.map((list) => list.map(({ past }) => past) as [string, ...string[]]);
const core = new RegExp(
  `the ${anyOf(traits.flat())} ${anyOf(people.flat())} ${anyOf(verbs.flat())} the ${anyOf(things.flat())}\\b`,
);

function meaning(lists: readonly Concept[], word: string): string {
  return lists.find((concept) => concept.includes(word))?.[0] ?? "";
}

/** Who (with a trait), did, what, where, when: each as the first word of its concept. */
function parts(text: string): readonly string[] {
  const words = plainWords(text);
  const [, trait = "", person = "", verb = "", thing = ""] = core.exec(words) ?? [];
  const phrase = (lists: readonly Concept[]): string =>
    meaning(lists, new RegExp(`\\b${anyOf(lists.flat())}\\b`).exec(words.replace(core, ""))?.[1] ?? "");
  const found = [
    `${meaning(traits, trait)} ${meaning(people, person)}`,
    meaning(verbs, verb),
    meaning(things, thing),
    phrase(places),
    phrase(times),
  ];
  if (found.some((part) => part.trim() === "")) throw new Error(`a part is missing in: ${text}`);
  return found;
}

describeMiniTask(miniSimilarity, {
  oracle: (text, pair) => {
    const others = parts(pair);
    return parts(text).filter((part, index) => part === others[index]).length;
  },
  ceiling: 0.2,
});
