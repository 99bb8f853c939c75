import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { parseTokenizerConfig } from "./config.ts";
import { TokenizerError } from "./errors.ts";
import { loadTokenizer } from "./load.ts";
import { createTokenizer } from "./tokenizer.ts";
import { checkTokenizerJson } from "./tokenizerJson.ts";

const fixtures = join(import.meta.dirname, "../../fixtures/tokenizer-files");

interface Case {
  readonly text: string;
  readonly pair?: string;
  readonly maxLength?: number;
  readonly ids: readonly number[];
  readonly typeIds: readonly number[];
  readonly decoded: string;
}

async function readFixture<Content>(name: string): Promise<Content> {
  return JSON.parse(await readFile(join(fixtures, name), "utf8")) as Content;
}

const madeFolders: string[] = [];

afterEach(async () => {
  for (const folder of madeFolders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** A fixture's folder again, with files changed or, where null is given, left out. */
async function changed(
  name: string,
  files: Readonly<Record<string, string | Uint8Array | null>>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "peftbench-tokenizer-"));
  madeFolders.push(folder);
  for (const file of await readdir(join(fixtures, name))) {
    if (!(file in files)) await copyFile(join(fixtures, name, file), join(folder, file));
  }
  for (const [file, content] of Object.entries(files)) {
    if (content !== null) await writeFile(join(folder, file), content);
  }
  return folder;
}

describe("a folder without tokenizer.json", () => {
  test.each(["bert", "roberta", "gpt2", "deberta", "deberta-lower"])(
    "%s agrees with transformers on every odd text",
    async (name) => {
      const tokenizer = await loadTokenizer(join(fixtures, name));
      const cases = (await readFixture<Record<string, Case[]>>("cases.json"))[name] ?? [];
      expect(cases.length).toBeGreaterThan(60);
      for (const { text, pair, maxLength, ids, typeIds, decoded } of cases) {
        const encoded = tokenizer.encode(text, pair, maxLength === undefined ? {} : { maxLength });
        expect({ text, ids: encoded.ids, typeIds: encoded.typeIds }).toEqual({ text, ids, typeIds });
        expect(tokenizer.decode(ids), text).toBe(decoded);
      }
    },
  );

  test("pads with the token that its files name, and has ids for those that they add", async () => {
    const bert = await loadTokenizer(join(fixtures, "bert"));
    expect(bert.encode("<ent>").ids[1]).toBe(bert.vocabSize - 1);
    expect(bert.padId).toBe(0);
    const gpt2 = await loadTokenizer(join(fixtures, "gpt2"));
    expect(gpt2.padId).toBe(gpt2.vocabSize - 1);
    const deberta = await loadTokenizer(join(fixtures, "deberta"));
    // [MASK] comes after the pieces.
    expect(deberta.encode("[MASK]").ids[1]).toBe(deberta.vocabSize - 1);
  });
});

test("each scheme of marks for spaces agrees with the reference, alone and after other parts", async () => {
  const rows =
    await readFixture<readonly { tokenizer: unknown; cases: readonly [string, number[]][] }[]>(
      "metaspace.json",
    );
  expect(rows.length).toBe(36);
  const config = parseTokenizerConfig(null, "none");
  for (const { tokenizer: json, cases } of rows) {
    const tokenizer = createTokenizer(checkTokenizerJson(json, "f"), config, "f", "<s>");
    const found = cases.map(([text]) => [text, tokenizer.encode(text).ids]);
    expect({ json, found }).toEqual({ json, found: cases });
  }
});

describe("files that cannot be used are refused by name", () => {
  const read = (name: string): Promise<Buffer> => readFile(join(fixtures, name));

  async function expectRefusal(folder: string, code: string, message: RegExp): Promise<void> {
    const outcome = loadTokenizer(folder);
    await expect(outcome).rejects.toBeInstanceOf(TokenizerError);
    await expect(outcome).rejects.toMatchObject({ code });
    await expect(outcome).rejects.toThrow(message);
  }

  test("one half of a byte-level tokenizer", async () => {
    const noMerges = await changed("roberta", { "merges.txt": null });
    await expectRefusal(noMerges, "missing-file", /merges\.txt: found no such file, beside vocab\.json/);
    const noVocabulary = await changed("roberta", { "vocab.json": null });
    await expectRefusal(noVocabulary, "missing-file", /vocab\.json: found no such file, beside merges\.txt/);
  });

  test("a vocabulary with holes, with an id twice, or of something else", async () => {
    const vocabulary = JSON.parse((await read("roberta/vocab.json")).toString()) as Record<string, number>;
    const { a: _, ...others } = vocabulary;
    const hole = await changed("roberta", { "vocab.json": JSON.stringify(others) });
    await expectRefusal(hole, "bad-tokenizer", new RegExp(`no token with id ${vocabulary.a} among`));
    const twice = await changed("roberta", { "vocab.json": JSON.stringify({ ...vocabulary, new: 7 }) });
    await expectRefusal(twice, "bad-tokenizer", /id 7 for ".*" and "new"/);
    const list = await changed("roberta", { "vocab.json": '["a"]' });
    await expectRefusal(list, "bad-tokenizer", /vocab\.json: found the whole: .*an object of ids by token/);
    const odd = await changed("roberta", { "vocab.json": '{"a":"b"}' });
    await expectRefusal(odd, "bad-tokenizer", /vocab\.json: found a: /);
  });

  test("merges of another vocabulary, by their line", async () => {
    const folder = await changed("roberta", { "merges.txt": "#version: 0.2\nĠ t\nq \u00e9\u00e9\n" });
    await expectRefusal(folder, "bad-tokenizer", /merges\.txt: found line 3: "q éé"/);
  });

  test("a vocabulary of a tokenizer that is not known", async () => {
    const folder = await changed("roberta", { "config.json": '{"model_type":"bart"}' });
    await expectRefusal(folder, "unsupported-tokenizer", /vocab\.json: found a vocabulary for bart without/);
    const spm = await changed("deberta", { "config.json": '{"model_type":"t5"}' });
    await expectRefusal(spm, "unsupported-tokenizer", /spm\.model: found a SentencePiece model for t5/);
  });

  test("an id that added_tokens.json gives and the vocabulary does not", async () => {
    const folder = await changed("bert", { "added_tokens.json": '{"<ent>":9}' });
    await expectRefusal(folder, "bad-tokenizer", /the token "<ent>" with id 9/);
  });

  test("a special token that is named but nowhere has an id", async () => {
    const folder = await changed("roberta", { "special_tokens_map.json": '{"cls_token":"<none>"}' });
    await expectRefusal(folder, "missing-token", /vocab\.json: found no token "<none>"/);
  });

  test("a spm.model that is cut off, wherever it is", async () => {
    const model = await read("deberta/spm.model");
    // Within a field's number, a length and a text, and far into the file.
    for (const length of [1, 2, 5, 1000, model.length - 1]) {
      const folder = await changed("deberta", { "spm.model": model.subarray(0, length) });
      await expectRefusal(folder, "cut-off", new RegExp(`spm\\.model: .* of ${length}; .*cut off`, "s"));
    }
  });

  test("a spm.model that is something else", async () => {
    const empty = await changed("deberta", { "spm.model": new Uint8Array() });
    await expectRefusal(empty, "bad-tokenizer", /spm\.model: found no pieces/);
    const pointer = await changed("deberta", { "spm.model": "version https://git-lfs.github.com/spec/v1\n" });
    await expectRefusal(pointer, "bad-tokenizer", /spm\.model: .*Git LFS/);
  });

  /** A message's field of bytes: its number, their length, and they. */
  const field = (number: number, bytes: readonly number[]): number[] => [
    number * 8 + 2,
    bytes.length,
    ...bytes,
  ];
  const piece = (text: string, ...more: number[]): number[] =>
    field(1, [...field(1, [...Buffer.from(text)]), ...more]);

  test("a kind of piece that is not known", async () => {
    const folder = await changed("deberta", { "spm.model": Uint8Array.from(piece("a", 3 * 8, 9)) });
    await expectRefusal(folder, "bad-tokenizer", /spm\.model: found kind of piece 9 at byte/);
  });

  test("a model that is no unigram, spells bytes, or puts no space before a text", async () => {
    const start = [...piece("[PAD]"), ...piece("[CLS]"), ...piece("[SEP]"), ...piece("[UNK]")];
    const withSettings = (settings: readonly number[]): Promise<string> =>
      changed("deberta", { "spm.model": Uint8Array.from([...start, ...settings]) });
    const bpe = await withSettings(field(2, [3 * 8, 2]));
    await expectRefusal(bpe, "unsupported-tokenizer", /a model of kind bpe.*unigram/);
    // Field 35 has a number of two bytes.
    const bytes = await withSettings(field(2, [0x98, 2, 1]));
    await expectRefusal(bytes, "unsupported-tokenizer", /byte_fallback/);
    const bare = await withSettings(field(3, [3 * 8, 0]));
    await expectRefusal(bare, "unsupported-tokenizer", /add_dummy_prefix is false/);
  });

  test("a model without DeBERTa's special tokens", async () => {
    const folder = await changed("deberta", { "spm.model": Uint8Array.from(piece("<pad>")) });
    await expectRefusal(folder, "missing-token", /spm\.model: found no token "\[SEP\]" among 1/);
  });

  test("Metaspace whose settings contradict each other", async () => {
    const json = { model: { type: "Unigram", unk_id: 0, vocab: [["<pad>", 0]] } };
    const metaspace = { type: "Metaspace", replacement: "\u2581", add_prefix_space: false };
    const text = JSON.stringify({ ...json, pre_tokenizer: metaspace });
    const folder = await changed("bert", { "tokenizer.json": text });
    await expectRefusal(folder, "bad-tokenizer", /tokenizer\.json: found Metaspace with .*"never"/);
  });
});
