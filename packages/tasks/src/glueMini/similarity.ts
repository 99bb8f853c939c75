/**
 * How alike are two sentences, from 0 to 5? Each tells who (a person with a trait) did what to which thing, where and
 * when; the score is in how many of five parts they mean the same:
 *
 *   person (its trait included), verb, thing, place, time.
 *
 * Synonyms of the lexicon mean the same, and where place and time stand changes nothing. Scores are balanced, which
 * parts differ is drawn evenly, and all words of the second sentence come from the same lists whatever the score.
 */
import type { RegressionTask, TaskGenerator } from "../task.ts";
import type { Draw } from "./draw.ts";
import type { Recipe } from "./generate.ts";
import { miniTask } from "./generate.ts";
import { people, places, sentence, things, thingVerbs, times, traits } from "./lexicon.ts";

type Part = readonly string[];

/** What each part may be, as lists of words that mean the same. */
function partsOf(draw: Draw): readonly Part[] {
  const trait = draw.pick(traits);
  const person = draw.pick(people);
  return [
    trait.flatMap((quality) => person.map((noun) => `the ${quality} ${noun}`)),
    draw.pick(thingVerbs).map(({ past }) => past),
    draw.pick(things).map((noun) => `the ${noun}`),
    draw.pick(places),
    draw.pick(times),
  ];
}

function tell(draw: Draw, parts: readonly Part[]): string {
  const [who, did, what, where, when] = parts.map((words) => draw.pick(words));
  return sentence(
    draw.pick([
      `${who} ${did} ${what} ${where} ${when}`,
      `${when}, ${who} ${did} ${what} ${where}`,
      `${where}, ${who} ${did} ${what} ${when}`,
      `${when}, ${where}, ${who} ${did} ${what}`,
    ]),
  );
}

const recipe: Recipe = {
  number: 4,
  labels: [0, 1, 2, 3, 4, 5],
  write: (draw, label) => {
    const parts = partsOf(draw);
    const same = new Set(draw.sample([0, 1, 2, 3, 4], label));
    const others = parts.map((part, index) => {
      if (same.has(index)) return part;
      for (;;) {
        const other = partsOf(draw)[index] as Part;
        if (other[0] !== part[0]) return other;
      }
    });
    for (;;) {
      const [text, pair] = [tell(draw, parts), tell(draw, others)];
      if (text !== pair) return { text, pair };
    }
  },
};

export const miniSimilarity: RegressionTask<TaskGenerator> = {
  ...miniTask("similarity", 1, recipe),
  title: "Similarity (synthetic)",
  kind: "regression",
  labels: [],
  range: { min: 0, max: 5 },
  metrics: { primary: "pearson", names: ["pearson", "spearman"] },
};
