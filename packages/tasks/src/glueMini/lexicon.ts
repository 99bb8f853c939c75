/**
 * The common English words that glue-mini is written with. A concept is a list of words that mean the same to the
 * tasks' rules; most have one. Nouns are regular, so `plural` is right for all of them; no word belongs to two
 * concepts of the same list.
 */
export type Concept = readonly [string, ...string[]];

export const people: readonly Concept[] = [
  ["doctor", "physician"],
  ["lawyer", "attorney"],
  ["teacher", "instructor"],
  ["farmer"],
  ["soldier"],
  ["officer"],
  ["driver"],
  ["student", "pupil"],
  ["writer", "author"],
  ["artist"],
  ["nurse"],
  ["judge"],
  ["captain"],
  ["actor"],
  ["sailor", "seaman"],
  ["guard"],
  ["clerk"],
  ["singer"],
  ["banker"],
  ["baker"],
  ["priest"],
  ["engineer"],
  ["worker", "laborer"],
  ["neighbor"],
  ["guest", "visitor"],
  ["manager"],
  ["reporter", "journalist"],
  ["senator"],
  ["governor"],
  ["merchant", "trader"],
  ["hunter"],
  ["cook", "chef"],
];

/** Things a person can buy, carry, clean or lose. */
export const things: readonly Concept[] = [
  ["car", "automobile"],
  ["book"],
  ["letter"],
  ["picture", "photograph"],
  ["table"],
  ["chair"],
  ["bottle"],
  ["boat"],
  ["gun"],
  ["ticket"],
  ["map"],
  ["lamp"],
  ["coat"],
  ["hat"],
  ["ring"],
  ["clock"],
  ["piano"],
  ["radio"],
  ["camera"],
  ["basket"],
  ["mirror"],
  ["carpet", "rug"],
  ["blanket"],
  ["drum"],
  ["sofa", "couch"],
  ["stone", "rock"],
  ["gift", "present"],
  ["wagon", "cart"],
];

/** Of three words each, like times, so that no length tells which part of a sentence was changed. */
export const places: readonly Concept[] = [
  ["in the kitchen"],
  ["in the garden"],
  ["in the office"],
  ["in the church"],
  ["at the station"],
  ["at the market"],
  ["at the hotel"],
  ["in the village"],
  ["at the harbor"],
  ["in the library"],
  ["in the park"],
  ["in the theater"],
  ["at the factory"],
  ["in the museum"],
  ["at the farm"],
  ["in the forest", "in the woods"],
  ["on the street", "on the road"],
  ["by the river"],
  ["near the bridge"],
  ["at the airport"],
];

export const times: readonly Concept[] = [
  ["in the morning"],
  ["in the evening"],
  ["on Monday morning"],
  ["on Friday evening"],
  ["late last week"],
  ["late last night"],
  ["before the dinner"],
  ["after the lunch"],
  ["during the storm"],
  ["during the night"],
  ["in the spring"],
  ["in the autumn", "in the fall"],
  ["during the war"],
  ["after the meeting"],
  ["before the trial"],
  ["two years ago"],
  ["after the war"],
  ["a month ago"],
];

/** Of people; none implies or excludes another. */
export const traits: readonly Concept[] = [
  ["old"],
  ["young"],
  ["tall"],
  ["quiet", "silent"],
  ["tired", "weary"],
  ["rich", "wealthy"],
  ["angry"],
  ["friendly"],
  ["nervous"],
  ["famous"],
  ["clever", "smart"],
  ["brave"],
  ["careful"],
  ["honest"],
  ["proud"],
  ["strange"],
];

/** Of things. */
export const looks: readonly string[] = [
  "red",
  "green",
  "blue",
  "black",
  "white",
  "heavy",
  "broken",
  "wooden",
  "expensive",
  "new",
  "small",
  "large",
  "dirty",
  "yellow",
  "simple",
  "beautiful",
];

/** A verb by what it takes: base form, and the past, which is its participle too. */
export interface Verb {
  readonly base: string;
  readonly past: string;
}

/** What a person does to a person; the words of a list mean the same. */
export const personVerbs: readonly (readonly [Verb, ...Verb[]])[] = [
  [
    { base: "praise", past: "praised" },
    { base: "commend", past: "commended" },
  ],
  [
    { base: "help", past: "helped" },
    { base: "assist", past: "assisted" },
  ],
  [
    { base: "chase", past: "chased" },
    { base: "pursue", past: "pursued" },
  ],
  [
    { base: "call", past: "called" },
    { base: "phone", past: "phoned" },
  ],
  [
    { base: "warn", past: "warned" },
    { base: "alert", past: "alerted" },
  ],
  [
    { base: "hire", past: "hired" },
    { base: "employ", past: "employed" },
  ],
  [
    { base: "hit", past: "hit" },
    { base: "strike", past: "struck" },
  ],
  [
    { base: "attack", past: "attacked" },
    { base: "assault", past: "assaulted" },
  ],
  [
    { base: "save", past: "saved" },
    { base: "rescue", past: "rescued" },
  ],
  [
    { base: "scare", past: "scared" },
    { base: "frighten", past: "frightened" },
  ],
  [
    { base: "mock", past: "mocked" },
    { base: "ridicule", past: "ridiculed" },
  ],
  [
    { base: "admire", past: "admired" },
    { base: "respect", past: "respected" },
  ],
  [
    { base: "question", past: "questioned" },
    { base: "interrogate", past: "interrogated" },
  ],
  [
    { base: "cheat", past: "cheated" },
    { base: "deceive", past: "deceived" },
  ],
  [{ base: "thank", past: "thanked" }],
  [{ base: "visit", past: "visited" }],
  [{ base: "blame", past: "blamed" }],
  [{ base: "invite", past: "invited" }],
];

/** What a person does to a thing. */
export const thingVerbs: readonly (readonly [Verb, ...Verb[]])[] = [
  [
    { base: "buy", past: "bought" },
    { base: "purchase", past: "purchased" },
  ],
  [
    { base: "find", past: "found" },
    { base: "discover", past: "discovered" },
  ],
  [
    { base: "fix", past: "fixed" },
    { base: "repair", past: "repaired" },
  ],
  [
    { base: "carry", past: "carried" },
    { base: "transport", past: "transported" },
  ],
  [
    { base: "lift", past: "lifted" },
    { base: "raise", past: "raised" },
  ],
  [
    { base: "destroy", past: "destroyed" },
    { base: "wreck", past: "wrecked" },
  ],
  [
    { base: "want", past: "wanted" },
    { base: "desire", past: "desired" },
  ],
  [
    { base: "choose", past: "chose" },
    { base: "select", past: "selected" },
  ],
  [
    { base: "build", past: "built" },
    { base: "construct", past: "constructed" },
  ],
  [
    { base: "receive", past: "received" },
    { base: "get", past: "got" },
  ],
  [
    { base: "keep", past: "kept" },
    { base: "retain", past: "retained" },
  ],
  [{ base: "clean", past: "cleaned" }],
  [{ base: "paint", past: "painted" }],
  [{ base: "sell", past: "sold" }],
  [{ base: "drop", past: "dropped" }],
  [{ base: "hide", past: "hid" }],
  [{ base: "borrow", past: "borrowed" }],
  [{ base: "lose", past: "lost" }],
];

/** The regular plural, for the nouns above. */
export function plural(noun: string): string {
  return /(s|x|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`;
}

/** Words as a sentence: first letter upper case, spaces single, with an end mark. */
export function sentence(words: string, end = "."): string {
  const spaced = words.replace(/\s+/g, " ").replace(/ ,/g, ",").trim();
  return `${spaced.charAt(0).toUpperCase()}${spaced.slice(1)}${end}`;
}

/** The noun phrase with its indefinite article. */
export function withArticle(phrase: string): string {
  return `${/^[aeiou]/.test(phrase) ? "an" : "a"} ${phrase}`;
}
