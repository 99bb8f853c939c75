import { createHash } from "node:crypto";
import { readFromFolder } from "./glue/folder.ts";
import { readPackage } from "./offline/package.ts";
import type { Example, LabelledText, SplitName, SplitRows, TaskDefinition } from "./task.ts";

/** Where data came from, for the `data` part of a result. */
export interface DataProvenance {
  /** What the data is, without a path of this machine: `GLUE SST-2 (TSV folder)`. */
  readonly source: string;
  /** A version of the source, where it has one; GLUE's folders have none. */
  readonly revision: string | null;
  /** sha256 in hexadecimal, of the lines `<sha256 of the file>  <file name>\n` for train and dev, in this order. */
  readonly checksum: string;
  /** sha256 in hexadecimal of each file, by its name: the files read, or the rows as {@link jsonLines} writes them. */
  readonly fileChecksums: Readonly<Record<string, string>>;
  readonly rows: SplitRows;
  /** What a reader of the result should know of this copy, in full sentences. */
  readonly warnings: readonly string[];
}

/** A task's examples; `dev` is the split that is reported, never one to select on. */
export interface LoadedTask {
  readonly task: TaskDefinition;
  readonly train: readonly Example[];
  readonly dev: readonly Example[];
  readonly provenance: DataProvenance;
}

/** A split, and what its checksum is of. */
interface SplitContent {
  readonly name: string;
  readonly rows: readonly LabelledText[];
  readonly bytes: Uint8Array | string;
}

interface Content {
  readonly source: string;
  readonly revision: string | null;
  readonly train: SplitContent;
  readonly dev: SplitContent;
}

/**
 * Gives a task's training and dev split, wherever they come from: files in a data folder, an installed package, or
 * a generator.
 * @param options.dataFolder needed by tasks whose `source.kind` is `files` alone
 * @throws {DatasetError} where a folder, file or package is missing, or a file is not what the task definition says
 */
export async function loadTask(
  task: TaskDefinition,
  options: { readonly dataFolder?: string | undefined } = {},
): Promise<LoadedTask> {
  const { source, revision, train, dev } = await contentOf(task, options.dataFolder);
  const rows = { train: train.rows.length, dev: dev.rows.length };
  const checksums = { train: sha256(train.bytes), dev: sha256(dev.bytes) };
  return {
    task,
    train: numbered(train.rows, "train"),
    dev: numbered(dev.rows, "dev"),
    provenance: {
      source,
      revision,
      checksum: sha256(`${checksums.train}  ${train.name}\n${checksums.dev}  ${dev.name}\n`),
      fileChecksums: { [train.name]: checksums.train, [dev.name]: checksums.dev },
      rows,
      warnings: rowWarnings(task, rows),
    },
  };
}

/** Whether a task needs a data folder that somebody has to fill first. */
export function needsDataFolder(task: TaskDefinition): boolean {
  return task.source.kind === "files";
}

/** Rows as text, a JSON object a line: what checksums of text that is in no file of its own are taken of. */
export function jsonLines(rows: readonly LabelledText[]): string {
  return rows.map(({ text, pair, label }) => `${JSON.stringify({ text, pair, label })}\n`).join("");
}

async function contentOf(task: TaskDefinition, dataFolder: string | undefined): Promise<Content> {
  const { source } = task;
  switch (source.kind) {
    case "files": {
      const { train, dev } = await readFromFolder({ ...task, source }, dataFolder);
      return {
        source: `${task.suite.toUpperCase()} ${source.folders[0]} (TSV folder)`,
        revision: null,
        train: { name: source.train, ...train },
        dev: { name: source.dev, ...dev },
      };
    }
    case "package": {
      const { version, splits } = await readPackage(task.title, source);
      return {
        source: `npm package ${source.name}`,
        revision: version,
        train: asJsonLines("train", splits.train),
        dev: asJsonLines("dev", splits.dev),
      };
    }
    case "generator": {
      const { seed, version } = source;
      const splits = source.generate({ seed, rows: task.publishedRows });
      return {
        source: `${task.suite} ${task.id} (synthetic, seed ${seed})`,
        revision: `generator ${version}`,
        train: asJsonLines("train", splits.train),
        dev: asJsonLines("dev", splits.dev),
      };
    }
  }
}

function asJsonLines(split: SplitName, rows: readonly LabelledText[]): SplitContent {
  return { name: `${split}.jsonl`, rows, bytes: jsonLines(rows) };
}

function numbered(rows: readonly LabelledText[], split: SplitName): readonly Example[] {
  return rows.map((row, index) => ({ id: `${split}:${index}`, ...row }));
}

function rowWarnings(task: TaskDefinition, rows: SplitRows): readonly string[] {
  return (["train", "dev"] as const)
    .filter((split) => rows[split] !== task.publishedRows[split])
    .map(
      (split) =>
        `The ${split} split of this copy has ${rows[split]} examples, the ${task.origin === "published" ? "published one" : "one on its card"} ${task.publishedRows[split]}: figures are not comparable with ${task.origin === "published" ? "published" : "other"} ones.`,
    );
}

function sha256(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}
