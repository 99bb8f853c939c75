import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ggufFixture } from "../checkpoint/gguf/ggufBytes.ts";
import type { GgufMetadata, GgufValue } from "../checkpoint/gguf/metadata.ts";
import { ByteFallbackDecoder } from "./byteFallback.ts";
import { ggufTokenizer } from "./gguf/read.ts";
import { loadTokenizer } from "./load.ts";

interface Case {
  readonly text: string;
  readonly ids: readonly number[];
  readonly decoded: string;
}

const readCases = async <One>(name: string): Promise<readonly One[]> => {
  const all = JSON.parse(await readFile(ggufFixture("cases.json"), "utf8")) as Record<string, One[]>;
  return all[name] ?? [];
};

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "peftbench-file-tokenizers-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each([
  { file: "gpt-2.gguf", cases: "gpt-2", padId: 2 },
  { file: "smollm.gguf", cases: "smollm", padId: 0 },
  { file: "llama-bpe.gguf", cases: "llama-bpe", padId: 2 },
  { file: "pieces.gguf", cases: "pieces", padId: 2 },
  { file: "pieces.bin", cases: "pieces", padId: 2 },
])("the tokenizer of $file", ({ file, cases, padId }) => {
  test("gives the ids and texts of its own library", async () => {
    const tokenizer = await loadTokenizer(ggufFixture(file));
    expect(tokenizer.padId).toBe(padId);
    const all = await readCases<Case>(cases);
    expect(all.length).toBeGreaterThan(12);
    for (const { text, ids, decoded } of all) {
      expect({ text, ids: tokenizer.encode(text).ids }).toEqual({ text, ids });
      expect(tokenizer.decode(ids), text).toBe(decoded);
    }
  });
});

test("spaces before texts, BOS and EOS are as the file says", async () => {
  const plain = await loadTokenizer(ggufFixture("pieces.gguf"));
  const other = await loadTokenizer(ggufFixture("pieces-without-space.gguf"));
  expect(other.encode(" She said").ids).toEqual([...plain.encode("She said").ids.slice(1), 2]);
  expect(other.decode(other.encode(" She said").ids)).toBe(" She said");
  expect(plain.decode(plain.encode(" She said").ids)).toBe(" She said");
});

test("bytes are spelt as the reference spells them", async () => {
  const cases = await readCases<{ tokens: string[]; decoded: string }>("byteFallback");
  expect(cases.length).toBeGreaterThan(4);
  const decoder = new ByteFallbackDecoder();
  for (const { tokens, decoded } of cases) expect(decoder.decode_chain(tokens).join("")).toBe(decoded);
});

test("llama2.c's tokenizer is found beside its checkpoint, and tokenizer.json goes before a GGUF file's own", async () => {
  await copyFile(ggufFixture("llama2c-tied.bin"), join(folder, "stories.bin"));
  await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: "missing-tokenizer" });
  await expect(loadTokenizer(join(folder, "stories.bin"))).rejects.toMatchObject({
    code: "missing-tokenizer",
    message: expect.stringMatching(/no tokenizer of llama2\.c beside the checkpoint/),
  });
  await expect(loadTokenizer(join(folder, "none.bin"))).rejects.toMatchObject({ code: "missing-folder" });
  await copyFile(ggufFixture("pieces.bin"), join(folder, "tokens.bin"));
  for (const path of [folder, join(folder, "stories.bin")]) {
    expect((await loadTokenizer(path)).vocabSize).toBe(400);
  }
  await copyFile(ggufFixture("pieces.bin"), join(folder, "more.bin"));
  await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: "ambiguous-weights" });
  await copyFile(ggufFixture("smollm.gguf"), join(folder, "m.gguf"));
  const own = await loadTokenizer(folder);
  const json = ggufFixture("../tokenizer/json/tokenizer.json");
  await copyFile(json, join(folder, "tokenizer.json"));
  const first = await loadTokenizer(folder);
  expect(first.vocabSize).not.toBe(own.vocabSize);
  expect((await loadTokenizer(join(folder, "m.gguf"))).vocabSize).toBe(own.vocabSize);
});

test("a damaged tokenizer of llama2.c is refused", async () => {
  const bytes = await readFile(ggufFixture("pieces.bin"));
  const path = join(folder, "damaged.bin");
  const flipped = Uint8Array.from(bytes);
  flipped[8] = 255;
  for (const damaged of [
    bytes.subarray(0, bytes.length - 1),
    bytes.subarray(0, 900),
    flipped,
    new Uint8Array(3),
  ]) {
    await writeFile(path, damaged);
    await expect(loadTokenizer(path)).rejects.toMatchObject({ code: "bad-tokenizer", file: path });
  }
});

const metadata: GgufMetadata = new Map<string, GgufValue>([
  ["tokenizer.ggml.model", "gpt2"],
  ["tokenizer.ggml.pre", "gpt-2"],
  ["tokenizer.ggml.tokens", ["a", "b", "ab"]],
  ["tokenizer.ggml.token_type", [1, 1, 1]],
  ["tokenizer.ggml.merges", ["a b"]],
]);

test.each<[Readonly<Record<string, GgufValue>>, string, RegExp]>([
  [{ model: "bert" }, "unsupported-tokenizer", /model = "bert"; expected gpt2/],
  [{ pre: "qwen2" }, "unsupported-tokenizer", /pre = "qwen2"; expected gpt-2, smollm, llama-bpe/],
  [{ tokens: ["a", "b", "a"] }, "bad-tokenizer", /ids 0 and 2 for "a"/],
  [{ token_type: [1, 1] }, "bad-tokenizer", /2 types of 3 tokens/],
  [{ token_type: [1, 1, 9] }, "bad-tokenizer", /the token "ab" of the type 9/],
  [{ merges: ["a c"] }, "bad-tokenizer", /the merge "a c"/],
  [{ merges: ["ab"] }, "bad-tokenizer", /the merge "ab"/],
  [{ add_bos_token: true }, "missing-token", /no tokenizer\.ggml\.bos_token_id/],
  [{ eos_token_id: 3 }, "bad-tokenizer", /eos_token_id = 3; expected an id below 3/],
  [{ model: "llama" }, "missing-metadata", /no tokenizer\.ggml\.scores/],
  [{ model: "llama", scores: [0] }, "bad-tokenizer", /1 scores of 3 tokens/],
])("a tokenizer with %j is refused", (change, code, message) => {
  const changes = Object.entries(change).map(([key, value]) => [`tokenizer.ggml.${key}`, value] as const);
  const changed = new Map([...metadata, ...changes]);
  expect(() => ggufTokenizer(metadata, "m.gguf")).not.toThrow();
  let error: unknown;
  try {
    ggufTokenizer(changed, "m.gguf");
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ code, file: "m.gguf", message: expect.stringMatching(message) });
});
