import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadTokenizer } from "../load.ts";
import { BERT_SPECIAL_TOKENS, bertTokenizerFiles, bertWords } from "./bertFiles.ts";
import { trainWordPieces } from "./wordPieces.ts";

const python = process.env.PEFTBENCH_PYTHON;
const options = { size: 30, specialTokens: ["[UNK]"], minCharacterCount: 1 } as const;

describe("trainWordPieces", () => {
  it("merges the most frequent pair first, and of equal ones the pair made first", () => {
    const counts = new Map([
      ["low", 5],
      ["lower", 2],
      ["new", 6],
      ["newer", 3],
    ]);
    // Characters in order of their code: ##e ##o ##r ##w l n. Pairs: n##e 9, ##e##w 9, l##o 7, ##o##w 7, ##w##e 5, ##e##r 5.
    // ##e comes before n, so ##e##w is made first; then n##ew 9; l##o and ##o##w 7 each: ##o##w first; then l##ow 7;
    // then ##e##r 5; then new##er 3 and low##er 2.
    expect(trainWordPieces(counts, options)).toEqual([
      ...["[UNK]", "##e", "##o", "##r", "##w", "l", "n"],
      ...["##ew", "new", "##ow", "low", "##er", "newer", "lower"],
    ]);
  });

  it("does not depend on the order in which words were counted, and stops at the size", () => {
    const words = bertWords("the quick brown fox jumps over the lazy dog and the other dogs there");
    const counts = [...new Set(words)].map((word, index) => [word, 1 + (index % 5)] as const);
    const small = { ...options, size: 50 };
    const vocabulary = trainWordPieces(new Map(counts), small);
    expect(vocabulary).toEqual(trainWordPieces(new Map(counts.toReversed()), small));
    expect(vocabulary).toHaveLength(50);
    expect(new Set(vocabulary).size).toBe(50);
  });

  it("leaves rare characters out, but for those that are always to be there", () => {
    const counts = new Map([
      ["aa", 9],
      ["b", 1],
    ]);
    const found = trainWordPieces(counts, { ...options, minCharacterCount: 2, alwaysIncluded: ["c"] });
    expect(found).toEqual(["[UNK]", "##a", "a", "c", "aa"]);
  });

  it("refuses a size that characters alone exceed", () => {
    expect(() => trainWordPieces(new Map([["abc", 1]]), { ...options, size: 3 })).toThrow(
      "is to have 3 entries, but 4",
    );
  });
});

describe("the files of a trained tokenizer", () => {
  let folder = "";
  let texts: readonly string[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "peftbench-tokenizer-"));
    // Real text with code, names and figures: this project's own.
    const readme = await readFile(
      fileURLToPath(new URL("../../../../../CONTRIBUTING.md", import.meta.url)),
      "utf8",
    );
    texts = [
      ...readme.split(/\n+/).filter((line) => line !== ""),
      "Éric’s naïve 中文 café [MASK] ﬁ — $3.50!",
      "",
    ];
    const counts = new Map<string, number>();
    for (const word of texts.flatMap(bertWords)) counts.set(word, (counts.get(word) ?? 0) + 1);
    const trained = { size: 600, specialTokens: BERT_SPECIAL_TOKENS, minCharacterCount: 3 };
    const files = bertTokenizerFiles(trainWordPieces(counts, trained), 64);
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("say the same with tokenizer.json as with vocab.txt alone", async () => {
    const whole = await loadTokenizer(folder);
    const alone = await mkdtemp(join(tmpdir(), "peftbench-vocabulary-"));
    await writeFile(join(alone, "vocab.txt"), await readFile(join(folder, "vocab.txt")));
    const vocabularyOnly = await loadTokenizer(alone);
    await rm(alone, { recursive: true });
    for (const text of texts) expect(whole.encode(text, "x")).toEqual(vocabularyOnly.encode(text, "x"));
    expect(whole.padId).toBe(0);
  });

  it.skipIf(python === undefined)("give transformers the same ids (needs PEFTBENCH_PYTHON)", async () => {
    const script = [
      "import json, sys, transformers",
      "tokenizer = transformers.AutoTokenizer.from_pretrained(sys.argv[1])",
      "texts = json.load(open(sys.argv[2]))",
      "print(json.dumps([tokenizer.mask_token_id, tokenizer.model_max_length, tokenizer(texts)['input_ids']]))",
    ].join("\n");
    const textFile = join(folder, "texts.json");
    await writeFile(textFile, JSON.stringify(texts));
    const { stdout } = await promisify(execFile)(python as string, ["-c", script, folder, textFile]);
    const tokenizer = await loadTokenizer(folder);
    expect(JSON.parse(stdout)).toEqual([4, 64, texts.map((text) => tokenizer.encode(text).ids)]);
  });
});
