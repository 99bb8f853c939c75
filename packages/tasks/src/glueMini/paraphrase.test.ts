import type { Concept } from "./lexicon.ts";
import { people, personVerbs, places, things, times, traits } from "./lexicon.ts";
import { comparatives, happenings, miniParaphrase, transfers } from "./paraphrase.ts";
import { anyOf, describeMiniTask, plainWords } from "./testing.ts";

const verbs = personVerbs.map((list) => list.map(({ past }) => past) as [string, ...string[]]);
const trait = anyOf(traits.flat());
const person = `the (?:${trait} )?${anyOf(people.flat())}`;
const verb = anyOf(verbs.flat());
const when = anyOf([...times, ...places].flat());
const happening = anyOf(happenings);

/** The first word of the concept that a word is of. */
function meaning(lists: readonly Concept[], word: string | undefined): string {
  return word === undefined ? "" : (lists.find((concept) => concept.includes(word))?.[0] ?? word);
}

function who(groups: readonly (string | undefined)[], at: number): string {
  return `${meaning(traits, groups[at])} ${meaning(people, groups[at + 1])}`;
}

const adverbials = [...times, ...places];

type Reading = (groups: readonly (string | undefined)[]) => readonly string[];

/** Patterns of sentences, with what was said as a list that is the same for every form of it. */
const forms: readonly (readonly [pattern: string, reading: Reading])[] = [
  [
    `${person} ${verb} ${person} ${when}`,
    (g) => [who(g, 0), meaning(verbs, g[2]), who(g, 3), meaning(adverbials, g[5])],
  ],
  [
    `${when}, ${person} ${verb} ${person}`,
    (g) => [who(g, 1), meaning(verbs, g[3]), who(g, 4), meaning(adverbials, g[0])],
  ],
  [
    `${person} was ${verb} by ${person} ${when}`,
    (g) => [who(g, 3), meaning(verbs, g[2]), who(g, 0), meaning(adverbials, g[5])],
  ],
  [
    `${when}, ${person} was ${verb} by ${person}`,
    (g) => [who(g, 4), meaning(verbs, g[3]), who(g, 1), meaning(adverbials, g[0])],
  ],
  [
    `it was ${person} who ${verb} ${person} ${when}`,
    (g) => [who(g, 0), meaning(verbs, g[2]), who(g, 3), meaning(adverbials, g[5])],
  ],
  ...transfers.flatMap(([give, take]): (readonly [string, Reading])[] => [
    [
      `${person} ${give} the ${anyOf(things.flat())} to ${person}`,
      (g) => [who(g, 0), give, meaning(things, g[2]), who(g, 3)],
    ],
    [
      `${person} ${take} the ${anyOf(things.flat())} from ${person}`,
      (g) => [who(g, 3), give, meaning(things, g[2]), who(g, 0)],
    ],
  ]),
  ...comparatives.flatMap(([more, less]): (readonly [string, Reading])[] => [
    [
      `${person} (is|was|seemed|looked) ${more} than ${person}`,
      (g) => [who(g, 0), g[2] ?? "", more, who(g, 3)],
    ],
    [
      `${person} (is|was|seemed|looked) ${less} than ${person}`,
      (g) => [who(g, 3), g[2] ?? "", more, who(g, 0)],
    ],
  ]),
  [
    `${person} ${happening} before ${person} ${happening}`,
    (g) => [who(g, 0), g[2] ?? "", who(g, 3), g[5] ?? ""],
  ],
  [
    `before ${person} ${happening}, ${person} ${happening}`,
    (g) => [who(g, 3), g[5] ?? "", who(g, 0), g[2] ?? ""],
  ],
  [
    `${person} ${happening} after ${person} ${happening}`,
    (g) => [who(g, 3), g[5] ?? "", who(g, 0), g[2] ?? ""],
  ],
  [
    `after ${person} ${happening}, ${person} ${happening}`,
    (g) => [who(g, 0), g[2] ?? "", who(g, 3), g[5] ?? ""],
  ],
];

const patterns = forms.map(([pattern, reading]) => [new RegExp(`^${pattern}$`), reading] as const);

function read(text: string): string {
  for (const [pattern, reading] of patterns) {
    const match = pattern.exec(plainWords(text));
    if (match !== null) return reading(match.slice(1)).join("; ");
  }
  throw new Error(`no form is that of: ${text}`);
}

describeMiniTask(miniParaphrase, {
  oracle: (text, pair) => Number(read(text) === read(pair)),
  ceiling: 0.65,
});
