/**
 * Does a passage answer a question? The passage tells two or three events, a sentence each; the rule: it answers if
 * one of its sentences is about the event that is asked about and gives the detail that is asked for.
 *
 * 1. Where and when: one event comes with its place, another with its time. "Where did the doctor buy the lamp?" is
 *    answered if the place is that of the doctor's purchase.
 * 2. Who: "Who bought the lamp?" is answered if somebody did, not if the lamp was sold and something else bought.
 * 3. What: "What did the doctor buy at the market?" is answered if the doctor bought something there, not if the doctor
 *    bought something elsewhere and another person something there.
 *
 * All that the question names is in the passage either way, so what decides is what stands together in one sentence.
 */
import type { ClassificationTask, TaskGenerator } from "../task.ts";
import type { Draw } from "./draw.ts";
import type { Recipe } from "./generate.ts";
import { miniTask } from "./generate.ts";
import type { Concept, Verb } from "./lexicon.ts";
import { people, places, sentence, things, thingVerbs, times } from "./lexicon.ts";

type Two<Item> = readonly [Item, Item];

interface QuestionAndSentences {
  readonly question: string;
  readonly sentences: readonly string[];
}

function two<Item>(draw: Draw, list: readonly Item[]): Two<Item> {
  return draw.sample(list, 2) as readonly Item[] as Two<Item>;
}

function first([word]: Concept): string {
  return word;
}

function verbs(draw: Draw): Two<Verb> {
  const [one, other] = two(draw, thingVerbs);
  return [one[0], other[0]];
}

function whereOrWhen(draw: Draw, isAnswered: boolean): QuestionAndSentences {
  const [who, what, did] = [two(draw, people), two(draw, things), verbs(draw)];
  const placed = draw.integer(2);
  const details = [draw.pick(times)[0], draw.pick(places)[0]];
  const tell = (event: 0 | 1): string =>
    `the ${who[event][0]} ${did[event].past} the ${what[event][0]} ${details[event === placed ? 1 : 0]}`;
  const asked = draw.integer(2) as 0 | 1;
  const asksWhere = (asked === placed) === isAnswered;
  const question = `${asksWhere ? "where" : "when"} did the ${who[asked][0]} ${did[asked].base} the ${what[asked][0]}`;
  return { question, sentences: [tell(0), tell(1)] };
}

function who(draw: Draw, isAnswered: boolean): QuestionAndSentences {
  const [persons, what, did] = [two(draw, people), two(draw, things), verbs(draw)];
  const asked = draw.integer(2) as 0 | 1;
  const other = (1 - asked) as 0 | 1;
  const end = draw.chance(0.5) ? draw.pick(places)[0] : "";
  const tell = (event: 0 | 1): string =>
    `the ${persons[event][0]} ${did[event].past} the ${what[event][0]} ${event === 0 ? end : ""}`;
  const question = `who ${did[asked].past} the ${what[isAnswered ? asked : other][0]}`;
  return { question, sentences: [tell(0), tell(1)] };
}

function whatThere(draw: Draw, isAnswered: boolean): QuestionAndSentences {
  const [persons, what, where] = [two(draw, people), two(draw, things), two(draw, places)];
  const verb = draw.pick(thingVerbs)[0];
  const asked = draw.integer(2) as 0 | 1;
  const other = (1 - asked) as 0 | 1;
  const tell = (event: 0 | 1): string =>
    `the ${persons[event][0]} ${verb.past} the ${what[event][0]} ${where[event][0]}`;
  const question = `what did the ${persons[asked][0]} ${verb.base} ${where[isAnswered ? asked : other][0]}`;
  return { question, sentences: [tell(0), tell(1)] };
}

/** A sentence about somebody and something that the others do not name. */
function aside(draw: Draw, used: string): string {
  const unused = (list: readonly Concept[]): string =>
    draw.pick(list.map(first).filter((word) => !used.includes(word)));
  const verb = draw.pick(thingVerbs.map(([{ past }]) => past).filter((past) => !used.includes(past)));
  return `the ${unused(people)} ${verb} the ${unused(things)}`;
}

const recipe: Recipe = {
  number: 6,
  labels: [0, 1],
  write: (draw, label) => {
    const { question, sentences } = draw.pick([whereOrWhen, whereOrWhen, who, whatThere])(draw, label === 1);
    const all = draw.chance(0.4) ? [...sentences, aside(draw, sentences.join(" "))] : sentences;
    const passage = draw.sample(all, all.length).map((words) => sentence(words));
    return { text: sentence(question, "?"), pair: passage.join(" ") };
  },
};

export const miniAnswerable: ClassificationTask<TaskGenerator> = {
  ...miniTask("answerable", 1, recipe),
  title: "Question and passage (synthetic)",
  kind: "classification",
  labels: [
    { value: "0", name: "not answered" },
    { value: "1", name: "answered" },
  ],
  metrics: { primary: "accuracy", names: ["accuracy"] },
};
