import { createHash } from "node:crypto";
import type { FileCache } from "@peftbench/runtime";
import { readFromFolder } from "./glue/folder.ts";
import { findPackage } from "./offline/package.ts";
import type {
  Example,
  LabelledSplits,
  LabelledText,
  SplitName,
  SplitRows,
  TaskDefinition,
  TaskPackage,
} from "./task.ts";

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

export interface LoadOptions {
  /** Needed by tasks whose `source.kind` is `files` alone. */
  readonly dataFolder?: string | undefined;
  /** Where examples cut out of a package are kept: cutting takes seconds, reading them back does not. */
  readonly cache?: FileCache | undefined;
}

/** A task's examples; `dev` is the split that is reported, never one to select on. */
export interface LoadedTask {
  readonly task: TaskDefinition;
  readonly train: readonly Example[];
  readonly dev: readonly Example[];
  readonly provenance: DataProvenance;
}

/** A split, and the name and sha256 of the file that it stands in, or would as {@link jsonLines} writes it. */
interface SplitContent {
  readonly name: string;
  readonly rows: readonly LabelledText[];
  readonly checksum: string;
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
 * @throws {DatasetError} where a folder, file or package is missing, or a file is not what the task definition says
 */
export async function loadTask(task: TaskDefinition, options: LoadOptions = {}): Promise<LoadedTask> {
  const { source, revision, train, dev } = await contentOf(task, options);
  const rows = { train: train.rows.length, dev: dev.rows.length };
  return {
    task,
    train: numbered(train.rows, "train"),
    dev: numbered(dev.rows, "dev"),
    provenance: {
      source,
      revision,
      checksum: checksumOf(train, dev),
      fileChecksums: { [train.name]: train.checksum, [dev.name]: dev.checksum },
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

async function contentOf(task: TaskDefinition, { dataFolder, cache }: LoadOptions): Promise<Content> {
  const { source } = task;
  switch (source.kind) {
    case "files": {
      const { train, dev } = await readFromFolder({ ...task, source }, dataFolder);
      return {
        source: `${task.suite.toUpperCase()} ${source.folders[0]} (TSV folder)`,
        revision: null,
        train: { name: source.train, rows: train.rows, checksum: sha256(train.bytes) },
        dev: { name: source.dev, rows: dev.rows, checksum: sha256(dev.bytes) },
      };
    }
    case "package": {
      const { version, folder } = await findPackage(task.title, source.name);
      const splits = await readPackage(source, { version, folder }, cache);
      return { source: `npm package ${source.name}`, revision: version, ...splits };
    }
    case "generator": {
      const { seed, version } = source;
      const splits = source.generate({ seed, rows: task.publishedRows });
      return {
        source: `${task.suite} ${task.id} (synthetic, seed ${seed})`,
        revision: `generator ${version}`,
        ...asJsonLines(splits),
      };
    }
  }
}

async function readPackage(
  source: TaskPackage,
  { version, folder }: { readonly version: string; readonly folder: string },
  cache: FileCache | undefined,
): Promise<Pick<Content, SplitName>> {
  const name = `${sha256(`${source.name} ${version} ${source.checksum}`)}.json`;
  const kept = cache?.read(name) ?? null;
  if (kept !== null) return asJsonLines(JSON.parse(new TextDecoder().decode(kept)) as LabelledSplits);
  const { train, dev } = asJsonLines(await source.read(folder));
  // What another version of the package gives, or a rule that is being changed, is never kept.
  if (checksumOf(train, dev) === source.checksum) {
    cache?.write(name, new TextEncoder().encode(JSON.stringify({ train: train.rows, dev: dev.rows })));
  }
  return { train, dev };
}

function asJsonLines({ train, dev }: LabelledSplits): Pick<Content, SplitName> {
  const content = (split: SplitName, rows: readonly LabelledText[]): SplitContent => ({
    name: `${split}.jsonl`,
    rows,
    checksum: sha256(jsonLines(rows)),
  });
  return { train: content("train", train), dev: content("dev", dev) };
}

function checksumOf(train: SplitContent, dev: SplitContent): string {
  return sha256(`${train.checksum}  ${train.name}\n${dev.checksum}  ${dev.name}\n`);
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
