import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { normalizeBertText, splitBertText } from "./bertText.ts";
import { TokenizerError } from "./errors.ts";
import { loadTokenizer } from "./load.ts";
import { longestFirst } from "./truncate.ts";

const fixtures = join(import.meta.dirname, "../../fixtures/tokenizer");

async function readFixture<Content>(name: string): Promise<Content> {
  return JSON.parse(await readFile(join(fixtures, name), "utf8")) as Content;
}

interface Case {
  readonly text: string;
  readonly pair?: string;
  readonly maxLength?: number;
  readonly ids: readonly number[];
  readonly typeIds: readonly number[];
  readonly decoded: string;
}

const madeFolders: string[] = [];

afterEach(async () => {
  for (const folder of madeFolders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "peftbench-tokenizer-"));
  madeFolders.push(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

describe("a BERT tokenizer", () => {
  test.each(["lower", "cased", "accents", "json"])(
    "%s agrees with transformers on every odd text",
    async (name) => {
      const tokenizer = await loadTokenizer(join(fixtures, name));
      const cases = (await readFixture<Record<string, Case[]>>("cases.json"))[name] ?? [];
      expect(cases.length).toBeGreaterThan(60);
      for (const { text, pair, maxLength, ids, typeIds, decoded } of cases) {
        const options = maxLength === undefined ? {} : { maxLength };
        const encoded = tokenizer.encode(text, pair, options);
        expect({ text, pair, ids: encoded.ids, typeIds: encoded.typeIds }).toEqual({
          text,
          pair,
          ids,
          typeIds,
        });
        expect(encoded.truncated).toBe(ids.length < tokenizer.encode(text, pair).ids.length);
        expect(tokenizer.decode(ids)).toBe(decoded);
      }
    },
  );

  test("knows its padding and the number of its ids", async () => {
    const tokenizer = await loadTokenizer(join(fixtures, "lower"));
    expect(tokenizer.padId).toBe(0);
    expect(tokenizer.vocabSize).toBe(250);
    expect((await loadTokenizer(join(fixtures, "lower"), { padToken: "[MASK]" })).padId).toBe(5);
    expect(tokenizer.decode([])).toBe("");
  });

  test("gives valid ids for any text, within the length asked for and beginning and ending as it must", async () => {
    const tokenizer = await loadTokenizer(join(fixtures, "lower"));
    const anyUnit = fc.nat(0xffff).map((unit) => String.fromCharCode(unit));
    const text = fc.oneof(...(["binary", "grapheme", anyUnit] as const).map((unit) => fc.string({ unit })));
    const limit = fc.integer({ min: 3, max: 12 });
    fc.assert(
      fc.property(text, fc.option(text, { nil: undefined }), limit, (first, second, maxLength) => {
        const { ids, typeIds, truncated } = tokenizer.encode(first, second, { maxLength });
        const whole = tokenizer.encode(first, second);
        expect(ids.length).toBe(Math.min(maxLength, whole.ids.length));
        expect(typeIds.length).toBe(ids.length);
        expect(truncated).toBe(whole.ids.length > maxLength);
        expect([ids[0], ids.at(-1)]).toEqual([3, 4]);
        expect(typeIds).toEqual([...typeIds].sort());
        expect(ids.every((id) => Number.isInteger(id) && id >= 0 && id < tokenizer.vocabSize)).toBe(true);
      }),
    );
  });

  test("cuts from the left where its configuration says so", async () => {
    const vocabulary = await readFile(join(fixtures, "lower/vocab.txt"), "utf8");
    const folder = await folderWith({
      "vocab.txt": vocabulary,
      "tokenizer_config.json": '{"truncation_side":"left"}',
    });
    const tokenizer = await loadTokenizer(folder);
    const { ids } = tokenizer.encode("the film is good", undefined, { maxLength: 4 });
    expect(tokenizer.decode(ids)).toBe("is good");
  });

  test("refuses a length without room for its special tokens", async () => {
    const tokenizer = await loadTokenizer(join(fixtures, "lower"));
    expect(() => tokenizer.encode("a", "b", { maxLength: 2 })).toThrow(
      /maxLength is 2, but special tokens alone are 3/,
    );
    expect(() => tokenizer.encode("a", undefined, { maxLength: Number.NaN })).toThrow(RangeError);
  });
});

describe("truncation, longest first", () => {
  test("agrees with the tokenizers library for all small lengths", async () => {
    const rows = await readFixture<[number, number, number, number, number][]>("truncation.json");
    expect(rows.length).toBe(810);
    for (const [first, second, limit, firstKept, secondKept] of rows) {
      expect([first, second, limit, ...longestFirst(first, second, limit)]).toEqual([
        ...[first, second, limit],
        ...[firstKept, secondKept],
      ]);
    }
  });
});

describe("characters", () => {
  const common = { cleanText: true, splitIdeographs: true };
  const work: Readonly<Record<string, (text: string) => string>> = {
    lower: (text) => normalizeBertText(text, { ...common, stripAccents: true, lowercase: true }),
    cased: (text) => normalizeBertText(text, { ...common, stripAccents: false, lowercase: false }),
    accents: (text) => normalizeBertText(text, { ...common, stripAccents: false, lowercase: true }),
    words: (text) => splitBertText(text).join(" "),
  };

  test.each(Object.keys(work))(
    "all assigned ones of planes 0 and 2 are treated as in the reference: %s",
    async (name) => {
      const fixture = await readFixture<Record<string, Record<string, string>> & { assigned: string }>(
        "unicode.json",
      );
      const results = new Map<string, string>();
      for (const range of fixture.assigned.split(" ")) {
        const [begin, end] = range.split("-").map((digits) => Number.parseInt(digits, 16)) as [
          number,
          number,
        ];
        for (let point = begin; point <= end; point++) {
          const block = (point >> 12).toString(16);
          const line = work[name]?.(`a${String.fromCodePoint(point)}b`);
          results.set(block, `${results.get(block) ?? ""}${line}\n`);
        }
      }
      const digests = Object.fromEntries(
        [...results].map(([block, lines]) => [
          block,
          createHash("sha256").update(lines).digest("hex").slice(0, 8),
        ]),
      );
      expect(digests).toEqual(fixture[name]);
    },
  );
});

describe("a folder without a usable tokenizer", () => {
  const vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", ""].join("\n");

  test.each([
    ["is empty", {}, "missing-tokenizer", /none of tokenizer\.json, .* vocab\.txt among nothing/],
    ["has a damaged tokenizer.json", { "tokenizer.json": '{"model":' }, "bad-json", /not JSON/],
    ["has a tokenizer.json of something else", { "tokenizer.json": "{}" }, "bad-tokenizer", /model/],
    [
      "has a model that is not known",
      { "tokenizer.json": '{"model":{"type":"Magic","vocab":{"[PAD]":0}}}' },
      "unsupported-tokenizer",
      /Magic/,
    ],
    [
      "lacks a special token",
      { "vocab.txt": "[PAD]\n[UNK]\n[CLS]\n" },
      "missing-token",
      /no token "\[SEP\]"/,
    ],
    [
      "has the vocabulary of another kind",
      { "vocab.txt": vocabulary, "tokenizer_config.json": '{"tokenizer_class":"RoFormerTokenizer"}' },
      "unsupported-tokenizer",
      /RoFormerTokenizer without tokenizer\.json/,
    ],
    [
      "has a configuration that is wrong",
      { "vocab.txt": vocabulary, "tokenizer_config.json": '{"do_lower_case":"yes"}' },
      "bad-json",
      /do_lower_case/,
    ],
    [
      "pads with a token it does not have",
      {
        "tokenizer.json":
          '{"model":{"type":"WordPiece","unk_token":"a","continuing_subword_prefix":"##","vocab":{"a":0}}}',
      },
      "missing-token",
      /\[PAD\] or <pad>/,
    ],
    [
      "has a post-processor that is not known",
      {
        "tokenizer.json":
          '{"post_processor":{"type":"Magic"},"model":{"type":"WordPiece","unk_token":"a","vocab":{"a":0}}}',
      },
      "unsupported-tokenizer",
      /Magic.*TemplateProcessing/,
    ],
  ])("%s", async (_, files, code, message) => {
    const outcome = loadTokenizer(await folderWith(files));
    await expect(outcome).rejects.toBeInstanceOf(TokenizerError);
    await expect(outcome).rejects.toMatchObject({ code });
    await expect(outcome).rejects.toThrow(message);
  });

  test("is not there", async () => {
    await expect(loadTokenizer(join(fixtures, "nowhere"))).rejects.toMatchObject({ code: "missing-folder" });
  });

  test("but a vocabulary with Windows line ends and without [MASK] is one", async () => {
    const tokenizer = await loadTokenizer(
      await folderWith({ "vocab.txt": vocabulary.replaceAll("\n", "\r\n") }),
    );
    expect(tokenizer.encode("A b").ids).toEqual([2, 4, 1, 3]);
    expect(tokenizer.vocabSize).toBe(5);
  });
});
