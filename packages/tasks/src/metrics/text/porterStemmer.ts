/** A word's ending, what takes its place, and what the rest of the word must be like for that. */
interface Rule {
  readonly suffix: string;
  readonly replacement: string;
  readonly applies: (stem: string) => boolean;
}

/**
 * The stem of an English word by Porter's algorithm (Program 14(3), 1980) with the extensions of NLTK, which
 * `rouge-score` uses. npm's Porter stemmers have Porter's own extensions, which give other stems for
 * "enjoy", "flies" or "sky".
 * @param word in lower-case letters and digits
 */
export function porterStem(word: string): string {
  const irregular = IRREGULAR.get(word);
  if (irregular !== undefined) return irregular;
  if (word.length <= 2) return word;
  return [step1a, step1b, step1c, step2, step3, step4, step5a, step5b].reduce(
    (stem, step) => step(stem),
    word,
  );
}

const IRREGULAR: ReadonlyMap<string, string> = new Map([
  ["sky", "sky"],
  ["skies", "sky"],
  ["dying", "die"],
  ["lying", "lie"],
  ["tying", "tie"],
  ["news", "news"],
  ["innings", "inning"],
  ["inning", "inning"],
  ["outings", "outing"],
  ["outing", "outing"],
  ["cannings", "canning"],
  ["canning", "canning"],
  ["howe", "howe"],
  ["proceed", "proceed"],
  ["exceed", "exceed"],
  ["succeed", "succeed"],
]);

function step1a(word: string): string {
  if (word.endsWith("sses")) return word.slice(0, -2);
  if (word.endsWith("ies")) return word.slice(0, word.length === 4 ? -1 : -2);
  return word.endsWith("s") && !word.endsWith("ss") ? word.slice(0, -1) : word;
}

function step1b(word: string): string {
  if (word.endsWith("ied")) return word.slice(0, word.length === 4 ? -1 : -2);
  if (word.endsWith("eed")) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word;
  const suffix = ["ed", "ing"].find((ending) => word.endsWith(ending));
  const stem = suffix === undefined ? "" : word.slice(0, -suffix.length);
  if (!shapeOf(stem).includes("v")) return word;
  if (/(?:at|bl|iz)$/.test(stem)) return `${stem}e`;
  if (endsWithDoubleConsonant(stem)) return /[lsz]$/.test(stem) ? stem : stem.slice(0, -1);
  return measure(stem) === 1 && endsShort(stem) ? `${stem}e` : stem;
}

function step1c(word: string): string {
  const stem = word.slice(0, -1);
  return word.endsWith("y") && stem.length > 1 && shapeOf(stem).endsWith("c") ? `${stem}i` : word;
}

const hasMeasure = (stem: string): boolean => measure(stem) > 0;
const isLong = (stem: string): boolean => measure(stem) > 1;

const rules = (applies: Rule["applies"], pairs: Readonly<Record<string, string>>): readonly Rule[] =>
  Object.entries(pairs).map(([suffix, replacement]) => ({ suffix, replacement, applies }));

const STEP_2: readonly Rule[] = [
  ...rules(hasMeasure, {
    ational: "ate",
    tional: "tion",
    enci: "ence",
    anci: "ance",
    izer: "ize",
    bli: "ble",
    alli: "al",
    entli: "ent",
    eli: "e",
    ousli: "ous",
    ization: "ize",
    ation: "ate",
    ator: "ate",
    alism: "al",
    iveness: "ive",
    fulness: "ful",
    ousness: "ous",
    aliti: "al",
    iviti: "ive",
    biliti: "ble",
    fulli: "ful",
  }),
  { suffix: "logi", replacement: "log", applies: (stem) => hasMeasure(`${stem}l`) },
];

function step2(word: string): string {
  const stem = word.slice(0, -4);
  return word.endsWith("alli") && hasMeasure(stem) ? step2(`${stem}al`) : applyFirst(STEP_2, word);
}

const STEP_3 = rules(hasMeasure, {
  icate: "ic",
  ative: "",
  alize: "al",
  iciti: "ic",
  ical: "ic",
  ful: "",
  ness: "",
});

function step3(word: string): string {
  return applyFirst(STEP_3, word);
}

const STEP_4: readonly Rule[] = [
  ..."al ance ence er ic able ible ant ement ment ent ou ism ate iti ous ive ize"
    .split(" ")
    .map((suffix) => ({ suffix, replacement: "", applies: isLong })),
  { suffix: "ion", replacement: "", applies: (stem) => isLong(stem) && /[st]$/.test(stem) },
];

function step4(word: string): string {
  return applyFirst(STEP_4, word);
}

function step5a(word: string): string {
  const stem = word.slice(0, -1);
  return word.endsWith("e") && (isLong(stem) || (hasMeasure(stem) && !endsShort(stem))) ? stem : word;
}

function step5b(word: string): string {
  const stem = word.slice(0, -1);
  return word.endsWith("ll") && isLong(stem) ? stem : word;
}

/** The first rule whose ending the word has decides, whether it applies or not. */
function applyFirst(list: readonly Rule[], word: string): string {
  const rule = list.find(({ suffix }) => word.endsWith(suffix));
  if (rule === undefined) return word;
  const stem = word.slice(0, -rule.suffix.length);
  return rule.applies(stem) ? stem + rule.replacement : word;
}

/** `c` for each consonant, `v` for each vowel. A `y` is a consonant at the start and behind a vowel; digits are consonants. */
function shapeOf(word: string): string {
  let shape = "";
  for (const letter of word) {
    const isVowel = letter === "y" ? shape.endsWith("c") : "aeiou".includes(letter);
    shape += isVowel ? "v" : "c";
  }
  return shape;
}

/** m of the paper: how often a vowel is followed by a consonant. */
function measure(stem: string): number {
  return shapeOf(stem).split("vc").length - 1;
}

function endsWithDoubleConsonant(word: string): boolean {
  return word.length >= 2 && word.at(-1) === word.at(-2) && shapeOf(word).endsWith("c");
}

/** *o of the paper: consonant, vowel, consonant other than w, x, y; by NLTK also a word of vowel and consonant. */
function endsShort(word: string): boolean {
  const shape = shapeOf(word);
  return (shape.endsWith("cvc") && !/[wxy]$/.test(word)) || shape === "vc";
}
