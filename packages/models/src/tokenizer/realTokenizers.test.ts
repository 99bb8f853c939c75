import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadTokenizer } from "./load.ts";

const shared = process.env.PEFTBENCH_SHARED;
const minilm = process.env.PEFTBENCH_MINILM;

/** Every `step`-th line's text columns of a GLUE file. */
async function textsOf(file: string, columns: readonly number[], step: number): Promise<string[]> {
  const lines = (await readFile(join(shared as string, "datasets/glue", file), "utf8")).trimEnd().split("\n");
  return lines.flatMap((line, index) => {
    if (index % step !== 0) return [];
    const fields = line.split("\t");
    return columns.map((column) => fields[column] ?? "");
  });
}

describe.skipIf(shared === undefined || minilm === undefined)(
  "real text (needs PEFTBENCH_SHARED and PEFTBENCH_MINILM)",
  () => {
    test("gives the same ids by vocab.txt as by tokenizer.json", async () => {
      const byJson = await loadTokenizer(minilm as string);
      const byVocabulary = await loadTokenizer(join(shared as string, "tokenizers/bert-base-uncased"));
      const folder = await mkdtemp(join(tmpdir(), "peftbench-vocabulary-"));
      await copyFile(join(minilm as string, "vocab.txt"), join(folder, "vocab.txt"));
      const byOwnVocabulary = await loadTokenizer(folder);
      await rm(folder, { recursive: true });
      expect(byVocabulary.vocabSize).toBe(30522);
      expect(byJson.vocabSize).toBe(30522);
      const texts = [
        ...(await textsOf("SST-2/train.tsv", [0], 20)),
        ...(await textsOf("SST-2/dev.tsv", [0], 1)),
        ...(await textsOf("CoLA/dev.tsv", [3], 1)),
        ...(await textsOf("MNLI/dev_matched.tsv", [8, 9], 10)),
        ...(await textsOf("QNLI/dev.tsv", [1, 2], 5)),
        ...(await textsOf("RTE/train.tsv", [1, 2], 5)),
      ];
      expect(texts.length).toBeGreaterThan(8000);
      texts.forEach((text, index) => {
        const pair = index % 2 === 0 ? undefined : texts[index - 1];
        const options = { maxLength: index % 3 === 0 ? 24 : 128 };
        const expected = byJson.encode(text, pair, options);
        expect(byVocabulary.encode(text, pair, options), text).toEqual(expected);
        expect(byOwnVocabulary.encode(text, pair, options), text).toEqual(expected);
      });
    });
  },
);
