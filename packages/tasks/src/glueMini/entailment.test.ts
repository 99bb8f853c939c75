import { entailmentLabels, kinds, miniEntailment } from "./entailment.ts";
import { looks, people, places, things, thingVerbs, times } from "./lexicon.ts";
import { anyOf, describeMiniTask, plainWords } from "./testing.ts";

const verbs = thingVerbs.map(([verb]) => verb);
const nouns = [...things.map(([noun]) => noun), ...kinds.flatMap(([kind, examples]) => [kind, ...examples])];
const claim = new RegExp(
  `^the ${anyOf(people.map(([noun]) => noun))} (did not |never )?(\\w+) an? (?:${anyOf(looks)} )?${anyOf(nouns)}` +
    `(?: ${anyOf([...places, ...times].map(([phrase]) => phrase))})?$`,
);

interface Claim {
  readonly person: string;
  readonly verb: string;
  readonly isDenied: boolean;
  readonly noun: string;
  readonly more: readonly (string | undefined)[];
}

function read(text: string): Claim {
  const match = claim.exec(plainWords(text));
  if (match === null) throw new Error(`no claim: ${text}`);
  const [, person = "", denial, form, look, noun = "", end] = match;
  const verb = verbs.find(({ base, past }) => form === (denial === "did not " ? base : past));
  if (verb === undefined) throw new Error(`the verb has another form: ${text}`);
  return { person, verb: verb.base, isDenied: denial !== undefined, noun, more: [look, end] };
}

function isNarrowerOrEqual(a: Claim, b: Claim): boolean {
  const isKind = kinds.some(([kind, examples]) => b.noun === kind && examples.includes(a.noun));
  return (
    (a.noun === b.noun || isKind) &&
    b.more.every((word, index) => word === undefined || word === a.more[index])
  );
}

function judge(first: Claim, second: Claim): (typeof entailmentLabels)[number] {
  if (first.person !== second.person || first.verb !== second.verb) return "neutral";
  if (first.isDenied === second.isDenied) {
    const [narrow, wide] = first.isDenied ? [second, first] : [first, second];
    return isNarrowerOrEqual(narrow, wide) ? "entailment" : "neutral";
  }
  const [denied, affirmed] = first.isDenied ? [first, second] : [second, first];
  return isNarrowerOrEqual(affirmed, denied) ? "contradiction" : "neutral";
}

describeMiniTask(miniEntailment, {
  oracle: (text, pair) => entailmentLabels.indexOf(judge(read(text), read(pair))),
  ceiling: 0.5,
});
