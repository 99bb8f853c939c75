import { miniAnswerable } from "./answerable.ts";
import { people, places, things, thingVerbs, times } from "./lexicon.ts";
import { anyOf, describeMiniTask, plainWords } from "./testing.ts";

const person = anyOf(people.map(([noun]) => noun));
const thing = anyOf(things.map(([noun]) => noun));
const placePhrases = places.map(([phrase]) => phrase);
const timePhrases = times.map(([phrase]) => phrase);
const verbs = thingVerbs.map(([verb]) => verb);

interface Told {
  readonly who: string;
  readonly did: string;
  readonly what: string;
  readonly detail: string | undefined;
}

function read(sentence: string): Told {
  const pattern = new RegExp(
    `^the ${person} (\\w+) the ${thing}(?: ${anyOf([...placePhrases, ...timePhrases])})?$`,
  );
  const match = pattern.exec(sentence);
  if (match === null) throw new Error(`no event: ${sentence}`);
  const [, who = "", did = "", what = "", detail] = match;
  return { who, did, what, detail };
}

function pastOf(base: string | undefined): string | undefined {
  return verbs.find((verb) => verb.base === base)?.past;
}

function isAnswered(question: string, events: readonly Told[]): boolean {
  const whereOrWhen = new RegExp(`^(where|when) did the ${person} (\\w+) the ${thing}$`).exec(question);
  if (whereOrWhen !== null) {
    const [, asked, who, base, what] = whereOrWhen;
    const phrases = asked === "where" ? placePhrases : timePhrases;
    return events.some(
      (event) =>
        [event.who, event.did, event.what].join() === [who, pastOf(base), what].join() &&
        phrases.includes(event.detail ?? ""),
    );
  }
  const whoDid = new RegExp(`^who (\\w+) the ${thing}$`).exec(question);
  if (whoDid !== null) return events.some(({ did, what }) => did === whoDid[1] && what === whoDid[2]);
  const [, who, base, where] =
    new RegExp(`^what did the ${person} (\\w+) ${anyOf(placePhrases)}$`).exec(question) ?? [];
  if (who === undefined) throw new Error(`no question: ${question}`);
  return events.some((event) => event.who === who && event.did === pastOf(base) && event.detail === where);
}

describeMiniTask(miniAnswerable, {
  oracle: (text, pair) =>
    Number(
      isAnswered(
        plainWords(text),
        pair.split(/(?<=[.]) /).map((one) => read(plainWords(one))),
      ),
    ),
  ceiling: 0.62,
});
