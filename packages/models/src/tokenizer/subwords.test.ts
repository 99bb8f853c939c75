import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadTokenizer } from "./load.ts";

const fixtures = join(import.meta.dirname, "../../fixtures/tokenizer-subwords");

interface Case {
  readonly text: string;
  readonly pair?: string;
  readonly maxLength?: number;
  readonly ids: readonly number[];
  readonly typeIds: readonly number[];
  readonly decoded: string;
}

describe("a tokenizer of subwords", () => {
  test.each(["roberta", "deberta"])("%s agrees with transformers on every odd text", async (name) => {
    const tokenizer = await loadTokenizer(join(fixtures, name));
    const all = JSON.parse(await readFile(join(fixtures, "cases.json"), "utf8")) as Record<string, Case[]>;
    const cases = all[name] ?? [];
    expect(cases.length).toBeGreaterThan(60);
    for (const { text, pair, maxLength, ids, typeIds, decoded } of cases) {
      const encoded = tokenizer.encode(text, pair, maxLength === undefined ? {} : { maxLength });
      expect({ text, ids: encoded.ids, typeIds: encoded.typeIds }).toEqual({ text, ids, typeIds });
      expect(tokenizer.decode(ids), text).toBe(decoded);
    }
  });
});
