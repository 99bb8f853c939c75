import { createHash } from "node:crypto";
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadTokenizer } from "./load.ts";

const shared = process.env.PEFTBENCH_SHARED;
const fixtures = join(import.meta.dirname, "../../fixtures");

/** Texts are made of files as make_real_text_digests.py says. */
interface Fixture {
  readonly lines: number;
  readonly files: Readonly<Record<string, number>>;
  readonly odd: readonly string[];
  /** By tokenizer and file: texts, ids, SHA-256 of the ids. */
  readonly digests: Readonly<Record<string, Readonly<Record<string, readonly [number, number, string]>>>>;
}

describe.skipIf(shared === undefined)("thousands of real sentences (needs PEFTBENCH_SHARED)", () => {
  const tokenizers = join(shared ?? "", "tokenizers");
  let fixture: Fixture;
  let vocabularyOnly = "";

  beforeAll(async () => {
    fixture = JSON.parse(await readFile(join(fixtures, "real-text.json"), "utf8")) as Fixture;
    vocabularyOnly = await mkdtemp(join(tmpdir(), "peftbench-gpt2-"));
    for (const name of ["vocab.json", "merges.txt"]) {
      await copyFile(join(tokenizers, "gpt2", name), join(vocabularyOnly, name));
    }
  });

  afterAll(() => rm(vocabularyOnly, { recursive: true }));

  async function textsOf(name: string): Promise<string[]> {
    const lines = (await readFile(join(shared ?? "", "datasets", name), "utf8")).split("\n");
    const step = fixture.files[name] ?? 1;
    const plain = lines.filter((_, index) => index > 0 && index % step === 0).slice(0, fixture.lines);
    const odd = plain.map((line, row) =>
      line
        .split(" ")
        .map((word, index) =>
          index % 3 === 0 ? word + fixture.odd[(7 * row + index) % fixture.odd.length] : word,
        )
        .join(" "),
    );
    return [...plain, ...odd];
  }

  test.each([
    ["bert-base-uncased", () => join(tokenizers, "bert-base-uncased")],
    ["gpt2 by tokenizer.json", () => join(tokenizers, "gpt2")],
    ["gpt2 by vocab.json and merges.txt", () => vocabularyOnly],
    ["our roberta", () => join(fixtures, "tokenizer-files/roberta")],
    ["our deberta", () => join(fixtures, "tokenizer-files/deberta")],
    ["our deberta-lower", () => join(fixtures, "tokenizer-files/deberta-lower")],
  ])("%s gives the ids of Hugging Face's own, text by text", async (name, folder) => {
    const padToken = name.startsWith("gpt2") ? { padToken: "<|endoftext|>" } : {};
    const tokenizer = await loadTokenizer(folder(), padToken);
    const found: Record<string, [number, number, string]> = {};
    for (const file of Object.keys(fixture.files)) {
      const texts = await textsOf(file);
      const ids = texts.map((text) => tokenizer.encode(text).ids);
      const digest = createHash("sha256");
      for (const one of ids) digest.update(`${one.join(" ")}\n`);
      found[file] = [texts.length, ids.reduce((sum, one) => sum + one.length, 0), digest.digest("hex")];
    }
    expect(Object.values(found).reduce((sum, [texts]) => sum + texts, 0)).toBeGreaterThan(3000);
    expect(found).toEqual(fixture.digests[name]);
  });
});
