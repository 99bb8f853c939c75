/**
 * Is a sentence grammatical? Each example is about one of seven rules; the sentence is acceptable if it keeps the rule:
 *
 * 1. agreement: a verb agrees in number with the head of its subject, not with a nearer noun
 *    ("The lamps near the sofa are red").
 * 2. determiner: "this" and "that" go with a singular noun, "these" and "those" with a plural one.
 * 3. verb form: "has" and "had" go with a participle, a modal verb with the base form.
 * 4. reflexive: it agrees with the subject in gender and number.
 * 5. order: a determiner comes before the adjective, and that before the noun.
 * 6. question: after "what" the object is missing, in a question of yes or no it is there.
 * 7. transitivity: a transitive verb has an object, an intransitive one has none.
 *
 * Each rule is about two choices that must fit each other (or about order alone). Either choice is made without
 * regard to the label, so no word says anything about it by itself.
 */
import type { ClassificationTask, TaskGenerator } from "../task.ts";
import type { Draw } from "./draw.ts";
import type { Recipe } from "./generate.ts";
import { miniTask } from "./generate.ts";
import { looks, people, places, plural, sentence, things, thingVerbs, times, traits } from "./lexicon.ts";

/** Base form and participle, which differ, with what the verb is done to. */
export const participleVerbs: readonly (readonly [base: string, participle: string, object: string])[] = [
  ["break", "broken", "the mirror"],
  ["choose", "chosen", "the carpet"],
  ["write", "written", "a letter"],
  ["drive", "driven", "the wagon"],
  ["eat", "eaten", "the bread"],
  ["forget", "forgotten", "the ticket"],
  ["give", "given", "an answer"],
  ["hide", "hidden", "the ring"],
  ["know", "known", "the truth"],
  ["see", "seen", "the picture"],
  ["steal", "stolen", "a coat"],
  ["take", "taken", "the map"],
  ["wear", "worn", "a hat"],
  ["throw", "thrown", "a stone"],
  ["draw", "drawn", "a picture"],
  ["ride", "ridden", "the horse"],
  ["do", "done", "the work"],
  ["begin", "begun", "the game"],
  ["sing", "sung", "a song"],
  ["drink", "drunk", "the coffee"],
];

export const perfectAuxiliaries = ["has", "had"] as const;
export const modals = ["will", "must", "should", "can", "could", "might"] as const;
export const masculine = ["boy", "king", "prince", "uncle", "brother", "father", "son", "husband"] as const;
export const feminine = [
  "girl",
  "queen",
  "aunt",
  "sister",
  "mother",
  "daughter",
  "bride",
  "actress",
] as const;
const reflexiveVerbs = ["hurt", "blamed", "saw", "defended", "taught", "introduced", "praised"] as const;
export const intransitive = [
  "slept",
  "arrived",
  "smiled",
  "died",
  "laughed",
  "fell",
  "waited",
  "appeared",
] as const;
export const transitive = [
  "found",
  "bought",
  "fixed",
  "brought",
  "made",
  "destroyed",
  "carried",
  "wanted",
] as const;

/** Base forms that are never without an object. */
const questionVerbs = [
  "find",
  "fix",
  "carry",
  "lift",
  "destroy",
  "want",
  "choose",
  "receive",
  "bring",
] as const;

const near = ["near", "behind", "beside", "with"] as const;
const person = (draw: Draw): string => draw.pick(people)[0];
const thing = (draw: Draw): string => draw.pick(things)[0];
const place = (draw: Draw): string => draw.pick(places)[0];
const time = (draw: Draw): string => draw.pick(times)[0];

/** A rule: words that keep it, or break it. */
type Rule = (draw: Draw, isKept: boolean) => string;

/** One of two values, chosen without regard to the label; `other` is the one that goes with it, or does not. */
function fitting(draw: Draw, isKept: boolean): { readonly first: boolean; readonly other: boolean } {
  const first = draw.chance(0.5);
  return { first, other: first === isKept };
}

const agreement: Rule = (draw, isKept) => {
  const { first: isPlural, other: pluralVerb } = fitting(draw, isKept);
  const number = (noun: string, many: boolean): string => (many ? plural(noun) : noun);
  const [head, nearer] = draw.sample(draw.chance(0.5) ? people : things, 2) as [
    readonly [string],
    readonly [string],
  ];
  const subject = `the ${number(head[0], isPlural)} ${draw.pick(near)} the ${number(nearer[0], draw.chance(0.5))}`;
  const verb = draw.pick([
    ["is", "are"],
    ["was", "were"],
    ["looks", "look"],
    ["seems", "seem"],
  ])[pluralVerb ? 1 : 0];
  const complement = draw.pick([
    "new",
    "old",
    "strange",
    "beautiful",
    "familiar",
    "small",
    "tired",
    "very heavy",
  ]);
  return `${subject} ${verb} ${complement}`;
};

const determiner: Rule = (draw, isKept) => {
  const { first: isPlural, other: pluralNoun } = fitting(draw, isKept);
  const word = draw.pick(isPlural ? ["these", "those"] : ["this", "that"]);
  const noun = thing(draw);
  const object = `${word} ${draw.chance(0.5) ? draw.pick(looks) : ""} ${pluralNoun ? plural(noun) : noun}`;
  const end = draw.pick([place, time])(draw);
  return `the ${person(draw)} ${draw.pick(draw.pick(thingVerbs)).past} ${object} ${end}`;
};

const verbForm: Rule = (draw, isKept) => {
  const { first: isPerfect, other: isParticiple } = fitting(draw, isKept);
  const auxiliary = draw.pick(isPerfect ? perfectAuxiliaries : modals);
  const [base, participle, object] = draw.pick(participleVerbs);
  const subject = draw.chance(0.5) ? `the ${draw.pick(traits)[0]} ${person(draw)}` : `the ${person(draw)}`;
  return `${subject} ${auxiliary} ${isParticiple ? participle : base} ${object} ${place(draw)}`;
};

const reflexive: Rule = (draw, isKept) => {
  const end = draw.pick([place, time])(draw);
  const verb = draw.pick(reflexiveVerbs);
  const { first, other } = fitting(draw, isKept);
  if (draw.chance(0.5)) {
    const noun = draw.pick(first ? masculine : feminine);
    return `the ${noun} ${verb} ${other ? "himself" : "herself"} ${end}`;
  }
  const isMasculine = draw.chance(0.5);
  const noun = draw.pick(isMasculine ? masculine : feminine);
  const singular = isMasculine ? "himself" : "herself";
  return `the ${first ? plural(noun) : noun} ${verb} ${other ? "themselves" : singular} ${end}`;
};

const order: Rule = (draw, isKept) => {
  const phrase = (adjective: string, noun: string): string =>
    isKept ? `the ${adjective} ${noun}` : draw.pick([`${adjective} the ${noun}`, `${noun} the ${adjective}`]);
  const verb = draw.pick(["saw", "noticed", "liked", "mentioned"]);
  return draw.chance(0.5)
    ? `${phrase(draw.pick(traits)[0], person(draw))} ${verb} the ${thing(draw)} ${place(draw)}`
    : `the ${person(draw)} ${verb} ${phrase(draw.pick(looks), thing(draw))} ${place(draw)}`;
};

const question: Rule = (draw, isKept) => {
  const { first: asksWhat, other: isMissing } = fitting(draw, isKept);
  const verb = draw.pick(questionVerbs);
  const object = isMissing ? "" : `the ${thing(draw)}`;
  const auxiliary = draw.pick(["did", "will", "should", "could"]);
  return `${asksWhat ? "what" : ""} ${auxiliary} the ${person(draw)} ${verb} ${object} ${place(draw)}`;
};

const transitivity: Rule = (draw, isKept) => {
  const { first: isTransitive, other: hasObject } = fitting(draw, isKept);
  const verb = draw.pick(isTransitive ? transitive : intransitive);
  const subject = `the ${draw.pick(traits)[0]} ${person(draw)}`;
  return `${subject} ${verb} ${hasObject ? `the ${thing(draw)}` : ""} ${draw.pick([place, time])(draw)}`;
};

const rules: readonly Rule[] = [agreement, determiner, verbForm, reflexive, order, question, transitivity];

const recipe: Recipe = {
  number: 1,
  labels: [0, 1],
  write: (draw, label) => {
    const rule = draw.pick(rules);
    return { text: sentence(rule(draw, label === 1), rule === question ? "?" : ".") };
  },
};

export const miniAcceptability: ClassificationTask<TaskGenerator> = {
  ...miniTask("acceptability", 1, recipe),
  title: "Acceptability (synthetic)",
  kind: "classification",
  labels: [
    { value: "0", name: "unacceptable" },
    { value: "1", name: "acceptable" },
  ],
  metrics: { primary: "matthews", names: ["matthews", "accuracy"] },
};
