/**
 * Does the second sentence follow from the first? Three labels, as in MNLI: entailment, neutral, contradiction.
 *
 * Both sentences say that a person did or did not do something. A description of the deed is narrower than another one
 * if it names a kind of the other's thing ("dog", "animal"), or adds an adjective to it, or adds a place or time. With
 * the same person and verb:
 *
 * 1. Both affirm: the narrower entails the wider; the wider is neutral about the narrower.
 * 2. Both deny: the wider entails the narrower; the narrower is neutral about the wider.
 * 3. One affirms and one denies: they contradict each other if the affirmed deed is the denied one or narrower;
 *    otherwise they are neutral.
 *
 * With another person or another verb they are neutral. Denial is with "did not" or "never". Which sentence denies and
 * which one holds the wider description is balanced under every label, so no word of either tells anything by itself.
 */
import type { ClassificationTask, TaskGenerator } from "../task.ts";
import type { Draw } from "./draw.ts";
import type { Recipe } from "./generate.ts";
import { miniTask } from "./generate.ts";
import type { Verb } from "./lexicon.ts";
import { looks, people, places, sentence, things, thingVerbs, times, withArticle } from "./lexicon.ts";

/** [kind of thing, kinds of it] */
export const kinds: readonly (readonly [string, readonly string[]])[] = [
  ["animal", ["dog", "horse", "cow", "sheep", "pig", "rabbit"]],
  ["vehicle", ["car", "truck", "bus", "wagon", "bicycle"]],
  ["tool", ["hammer", "saw", "shovel", "drill", "knife"]],
  ["instrument", ["piano", "violin", "guitar", "drum", "trumpet"]],
  ["weapon", ["gun", "sword", "rifle", "pistol", "spear"]],
  ["fruit", ["apple", "orange", "lemon", "peach", "banana"]],
  ["garment", ["coat", "shirt", "dress", "jacket", "skirt"]],
  ["container", ["bottle", "box", "basket", "barrel", "jar"]],
  ["bird", ["duck", "eagle", "chicken", "goose", "owl"]],
  ["flower", ["rose", "tulip", "lily", "daisy", "violet"]],
];

export const entailmentLabels = ["entailment", "neutral", "contradiction"] as const;

/** A noun phrase with what may follow it, narrower and wider. */
interface Deed {
  readonly narrow: string;
  readonly wide: string;
}

function deed(draw: Draw): Deed {
  const [kind, examples] = draw.pick(kinds);
  const way = draw.integer(3);
  if (way === 0) {
    const end = draw.chance(0.3) ? draw.pick(draw.chance(0.5) ? places : times)[0] : "";
    const look = draw.chance(0.3) ? draw.pick(looks) : "";
    const phrase = (noun: string): string => `${withArticle(`${look} ${noun}`.trim())} ${end}`;
    return { narrow: phrase(draw.pick(examples)), wide: phrase(kind) };
  }
  const noun = draw.chance(0.5) ? draw.pick(examples) : draw.pick(things)[0];
  if (way === 1) return { narrow: withArticle(`${draw.pick(looks)} ${noun}`), wide: withArticle(noun) };
  const end = draw.pick(draw.chance(0.5) ? places : times)[0];
  return { narrow: `${withArticle(noun)} ${end}`, wide: withArticle(noun) };
}

interface Claim {
  readonly person: string;
  readonly verb: Verb;
  readonly isDenied: boolean;
  readonly what: string;
}

function tell(draw: Draw, { person, verb, isDenied, what }: Claim): string {
  const did = isDenied ? draw.pick([`did not ${verb.base}`, `never ${verb.past}`]) : verb.past;
  return sentence(`the ${person} ${did} ${what}`);
}

const recipe: Recipe = {
  number: 5,
  labels: [0, 1, 2],
  write: (draw, label) => {
    const { narrow, wide } = deed(draw);
    const person = draw.pick(people)[0];
    const verb = draw.pick(thingVerbs)[0];
    const firstDenied = draw.chance(0.5);
    const common = { person, verb };
    const contradicts = entailmentLabels[label] === "contradiction";
    const entails = entailmentLabels[label] === "entailment";
    const isElsewhere = !contradicts && !entails && draw.chance(0.3);
    const secondDenied = contradicts || (!entails && draw.chance(0.5)) ? !firstDenied : firstDenied;
    // What the first sentence affirms must be narrow, what it denies wide, to decide anything about the second.
    const decides = isElsewhere ? draw.chance(0.5) : contradicts || entails;
    const firstIsNarrow = decides !== firstDenied;
    const first = { ...common, isDenied: firstDenied, what: firstIsNarrow ? narrow : wide };
    const second = { ...common, isDenied: secondDenied, what: firstIsNarrow ? wide : narrow };
    if (contradicts && draw.chance(0.25)) {
      return { text: tell(draw, first), pair: tell(draw, { ...second, what: first.what }) };
    }
    if (!isElsewhere) return { text: tell(draw, first), pair: tell(draw, second) };
    const other = draw.chance(0.5)
      ? { person: draw.pick(people.filter(([noun]) => noun !== person))[0] }
      : { verb: draw.pick(thingVerbs.filter(([candidate]) => candidate !== verb))[0] };
    return { text: tell(draw, first), pair: tell(draw, { ...second, ...other }) };
  },
};

export const miniEntailment: ClassificationTask<TaskGenerator> = {
  ...miniTask("entailment", 1, recipe),
  title: "Entailment (synthetic)",
  kind: "classification",
  labels: entailmentLabels.map((name, index) => ({ value: String(index), name })),
  metrics: { primary: "accuracy", names: ["accuracy"] },
};
