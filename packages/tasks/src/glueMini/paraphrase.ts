/**
 * Do two sentences say the same? Each sentence tells of one event or comparison, and the rule is: they are
 * paraphrases if they agree in who did what to whom and when or where, whatever the form. Forms and words that make
 * no difference:
 *
 * 1. active, passive, cleft ("It was the doctor who ..."), and an adverbial in front;
 * 2. synonyms of the lexicon ("doctor", "physician");
 * 3. converses: A sold X to B = B bought X from A; A lent X to B = B borrowed X from A; A gave X to B = B got X
 *    from A; A taught B = B learned from A;
 * 4. comparatives: A is older than B = B is younger than A;
 * 5. order in time: A left before B arrived = B arrived after A left.
 *
 * A pair that is no paraphrase has its roles exchanged (seven of ten), or another verb, or another adverbial. Form and
 * words of the second sentence are chosen without regard to the label, so no word of either says anything about it.
 */
import type { ClassificationTask, TaskGenerator } from "../task.ts";
import type { Draw } from "./draw.ts";
import type { Recipe } from "./generate.ts";
import { miniTask } from "./generate.ts";
import type { Concept } from "./lexicon.ts";
import { people, personVerbs, places, sentence, things, times, traits } from "./lexicon.ts";

/** [A verb X to B, B verb X from A] */
export const transfers = [
  ["sold", "bought"],
  ["lent", "borrowed"],
  ["gave", "got"],
  ["passed", "received"],
  ["delivered", "accepted"],
] as const;

/** [A is ... than B, B is ... than A] */
export const comparatives = [
  ["older", "younger"],
  ["taller", "shorter"],
  ["stronger", "weaker"],
  ["richer", "poorer"],
  ["faster", "slower"],
  ["happier", "sadder"],
] as const;

export const happenings = [
  "left",
  "arrived",
  "spoke",
  "slept",
  "ate",
  "called",
  "smiled",
  "returned",
] as const;

interface Person {
  readonly noun: Concept;
  readonly trait: Concept | null;
}

type Pair = readonly [text: string, pair: string];

function twoPeople(draw: Draw): readonly [Person, Person] {
  const [first, second] = draw.sample(people, 2) as [Concept, Concept];
  const trait = (): Concept | null => (draw.chance(0.5) ? draw.pick(traits) : null);
  return [
    { noun: first, trait: trait() },
    { noun: second, trait: trait() },
  ];
}

function named(draw: Draw, { noun, trait }: Person): string {
  return `the ${trait === null ? "" : draw.pick(trait)} ${draw.pick(noun)}`;
}

/** An item that is the same, or any other one. */
function another<Item>(draw: Draw, list: readonly Item[], item: Item): Item {
  return draw.pick(list.filter((candidate) => candidate !== item));
}

function event(draw: Draw, isSame: boolean): Pair {
  const [agent, patient] = twoPeople(draw);
  const adverbials = draw.chance(0.5) ? times : places;
  const told = { agent, patient, verb: draw.pick(personVerbs), adverbial: draw.pick(adverbials) };
  const tell = ({ agent, patient, verb, adverbial }: typeof told): string => {
    const [who, whom] = [named(draw, agent), named(draw, patient)];
    const [did, when] = [draw.pick(verb).past, draw.pick(adverbial)];
    return draw.pick([
      `${who} ${did} ${whom} ${when}`,
      `${when}, ${who} ${did} ${whom}`,
      `${whom} was ${did} by ${who} ${when}`,
      `${when}, ${whom} was ${did} by ${who}`,
      `it was ${who} who ${did} ${whom} ${when}`,
    ]);
  };
  const change = draw.integer(10);
  const exchanged = { ...told, agent: patient, patient: agent };
  const otherVerb = { ...told, verb: another(draw, personVerbs, told.verb) };
  const otherAdverbial = { ...told, adverbial: another(draw, adverbials, told.adverbial) };
  const different = change < 4 ? exchanged : change < 7 ? otherVerb : otherAdverbial;
  return [tell(told), tell(isSame ? told : different)];
}

function transfer(draw: Draw, isSame: boolean): Pair {
  const [from, to] = twoPeople(draw);
  const verbs = draw.pick(transfers);
  const thing = draw.pick(things);
  const tell = (giver: Person, taker: Person): string => {
    const what = `the ${draw.pick(thing)}`;
    return draw.chance(0.5)
      ? `${named(draw, giver)} ${verbs[0]} ${what} to ${named(draw, taker)}`
      : `${named(draw, taker)} ${verbs[1]} ${what} from ${named(draw, giver)}`;
  };
  return [tell(from, to), isSame ? tell(from, to) : tell(to, from)];
}

function comparison(draw: Draw, isSame: boolean): Pair {
  const [more, less] = twoPeople(draw);
  const words = draw.pick(comparatives);
  const verb = draw.pick(["is", "was", "seemed", "looked"]);
  const tell = (a: Person, b: Person): string =>
    draw.chance(0.5)
      ? `${named(draw, a)} ${verb} ${words[0]} than ${named(draw, b)}`
      : `${named(draw, b)} ${verb} ${words[1]} than ${named(draw, a)}`;
  return [tell(more, less), isSame ? tell(more, less) : tell(less, more)];
}

function succession(draw: Draw, isSame: boolean): Pair {
  const people = twoPeople(draw);
  const verbs = draw.sample(happenings, 2) as [string, string];
  const tell = (earlier: 0 | 1): string => {
    const [first, second] = [earlier, 1 - earlier].map(
      (which) => `${named(draw, people[which] as Person)} ${verbs[which]}`,
    );
    return draw.pick([
      `${first} before ${second}`,
      `before ${second}, ${first}`,
      `${second} after ${first}`,
      `after ${first}, ${second}`,
    ]);
  };
  return [tell(0), tell(isSame ? 0 : 1)];
}

const recipe: Recipe = {
  number: 3,
  labels: [0, 1],
  write: (draw, label) => {
    const kind = draw.pick([event, event, event, transfer, transfer, comparison, succession]);
    for (;;) {
      const [text, pair] = kind(draw, label === 1).map((words) => sentence(words)) as [string, string];
      if (text !== pair) return { text, pair };
    }
  },
};

export const miniParaphrase: ClassificationTask<TaskGenerator> = {
  ...miniTask("paraphrase", 1, recipe),
  title: "Paraphrase (synthetic)",
  kind: "classification",
  labels: [
    { value: "0", name: "different" },
    { value: "1", name: "paraphrase" },
  ],
  metrics: { primary: "accuracy", names: ["accuracy", "f1"] },
};
