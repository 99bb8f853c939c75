import {
  feminine,
  intransitive,
  masculine,
  miniAcceptability,
  modals,
  participleVerbs,
  perfectAuxiliaries,
  transitive,
} from "./acceptability.ts";
import { looks, people, plural, things, traits } from "./lexicon.ts";
import { anyOf, describeMiniTask, plainWords } from "./testing.ts";

const persons = people.map(([noun]) => noun);
const objects = things.map(([noun]) => noun);
const person = anyOf(persons);
const object = anyOf(objects);
const trait = anyOf(traits.map(([word]) => word));
const look = anyOf(looks);

/** Rules that tell from the words whether they are kept; the first whose pattern is found is the sentence's own. */
const judgements: readonly (readonly [pattern: RegExp, isKept: (groups: readonly string[]) => boolean])[] = [
  [
    new RegExp(
      `^(what )?(?:did|will|should|could) the ${person} \\w+ (the ${object} )?(?:in|at|on|by|near) `,
    ),
    ([what, , missing]) => (what === undefined) === (missing !== undefined),
  ],
  [
    new RegExp(`\\b(this|that|these|those) (?:${look} )?(\\w+)`),
    ([word = "", , noun = ""]) => ["these", "those"].includes(word) === objects.map(plural).includes(noun),
  ],
  [
    /^the (\w+) \w+ (himself|herself|themselves)\b/,
    ([noun = "", word]) => {
      const isPlural = [...masculine, ...feminine].map(plural).includes(noun);
      const isMasculine = masculine.some((name) => name === noun);
      return word === (isPlural ? "themselves" : isMasculine ? "himself" : "herself");
    },
  ],
  [
    new RegExp(`^the (?:${trait} )?${person} ${anyOf([...perfectAuxiliaries, ...modals])} (\\w+) `),
    ([, , auxiliary = "", form]) => {
      const isPerfect = perfectAuxiliaries.some((word) => word === auxiliary);
      return participleVerbs.some((verb) => verb[isPerfect ? 1 : 0] === form);
    },
  ],
  [
    /^the (\w+) (?:near|behind|beside|with) the \w+ (is|are|was|were|looks?|seems?) /,
    ([noun = "", verb = ""]) =>
      [...persons, ...objects].map(plural).includes(noun) === ["are", "were", "look", "seem"].includes(verb),
  ],
  [
    /^(.*) (?:saw|noticed|liked|mentioned) (.*)$/,
    ([subject = "", rest = ""]) =>
      new RegExp(`^the (?:${trait} )?${person}$`).test(subject) &&
      new RegExp(`^the (?:${look} )?${object} (?:in|at|on|by|near) the \\w+$`).test(rest),
  ],
  [
    new RegExp(`^the ${trait} ${person} ${anyOf([...transitive, ...intransitive])} (the ${object} )?`),
    ([, , verb = "", found]) => transitive.some((word) => word === verb) === (found !== undefined),
  ],
];

describeMiniTask(miniAcceptability, {
  oracle: (text) => {
    for (const [pattern, isKept] of judgements) {
      const match = pattern.exec(plainWords(text));
      if (match !== null) return Number(isKept(match.slice(1)));
    }
    throw new Error(`no rule is about: ${text}`);
  },
  ceiling: 0.62,
});
