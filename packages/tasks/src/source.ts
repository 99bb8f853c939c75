import type { FileCache } from "@peftbench/runtime";
import { sha256 } from "./checksum.ts";
import type { Content, FileContent } from "./content.ts";
import { readFromFolder } from "./glue/folder.ts";
import { findPackage } from "./offline/package.ts";
import type {
  Example,
  FurtherSplit,
  LabelledSplits,
  LabelledText,
  SplitRows,
  TaskDefinition,
  TaskPackage,
} from "./task.ts";

/** A file that examples were read from, or their rows as {@link jsonLines} writes them where they are in none. */
export interface DataFile {
  readonly split: string;
  /** Without folders. */
  readonly name: string;
  readonly rows: number;
  /** In hexadecimal, of all its bytes. */
  readonly sha256: string;
}

/** Where data came from, for the `data` part of a result. */
export interface DataProvenance {
  /** What the data is, without a path of this machine: `GLUE SST-2 (TSV folder)`. */
  readonly source: string;
  /** A version of the source, where it has one; GLUE's folders have none. */
  readonly revision: string | null;
  /** sha256 in hexadecimal, of the lines `<sha256 of the file>  <file name>\n` of `files`. */
  readonly checksum: string;
  /** The files of train, then those of dev, then those of further splits. */
  readonly files: readonly DataFile[];
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
  /** Labelled splits beside `dev`, for tasks that have any and copies that hold them: scored once, at the end. */
  readonly further: readonly LoadedSplit[];
  readonly provenance: DataProvenance;
}

export interface LoadedSplit {
  /** `mismatched`. */
  readonly name: string;
  readonly examples: readonly Example[];
}

/**
 * Gives a task's training and dev split, wherever they come from: files in a data folder, an installed package, or
 * a generator.
 * @throws {DatasetError} where a folder, file or package is missing, or a file is not what the task definition says
 */
export async function loadTask(task: TaskDefinition, options: LoadOptions = {}): Promise<LoadedTask> {
  const { source, revision, files } = await contentOf(task, options);
  const examplesOf = (split: string): readonly Example[] =>
    numbered(
      files.flatMap((file) => (file.split === split ? file.rows : [])),
      split,
    );
  const [train, dev] = [examplesOf("train"), examplesOf("dev")];
  const further = furtherSplits(task)
    .filter(({ name }) => files.some(({ split }) => split === name))
    .map(({ name }) => ({ name, examples: examplesOf(name) }));
  const rows = { train: train.length, dev: dev.length };
  return {
    task,
    train,
    dev,
    further,
    provenance: {
      source,
      revision,
      checksum: checksumOf(files),
      files: files.map((file) => ({ ...file, rows: file.rows.length })),
      rows,
      warnings: [...rowWarnings(task, rows), ...furtherWarnings(task, further)],
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
      return readFromFolder({ ...task, source }, dataFolder);
    }
    case "package": {
      const { version, folder } = await findPackage(task.title, source.name);
      const files = await readPackage(source, { version, folder }, cache);
      return { source: `npm package ${source.name}`, revision: version, files };
    }
    case "generator": {
      const { seed, version } = source;
      const splits = source.generate({ seed, rows: task.publishedRows });
      return {
        source: `${task.suite} ${task.id} (synthetic, seed ${seed})`,
        revision: `generator ${version}`,
        files: asJsonLines(splits),
      };
    }
  }
}

async function readPackage(
  source: TaskPackage,
  { version, folder }: { readonly version: string; readonly folder: string },
  cache: FileCache | undefined,
): Promise<readonly FileContent[]> {
  const name = `${sha256(`${source.name} ${version} ${source.checksum}`)}.json`;
  const kept = cache?.read(name) ?? null;
  if (kept !== null) return asJsonLines(JSON.parse(new TextDecoder().decode(kept)) as LabelledSplits);
  const { train, dev } = await source.read(folder);
  const files = asJsonLines({ train, dev });
  // What another version of the package gives, or a rule that is being changed, is never kept.
  if (checksumOf(files) === source.checksum) {
    cache?.write(name, new TextEncoder().encode(JSON.stringify({ train, dev })));
  }
  return files;
}

function asJsonLines(splits: LabelledSplits): readonly FileContent[] {
  return (["train", "dev"] as const).map((split) => ({
    split,
    name: `${split}.jsonl`,
    rows: splits[split],
    sha256: sha256(jsonLines(splits[split])),
  }));
}

function checksumOf(files: readonly FileContent[]): string {
  return sha256(files.map((file) => `${file.sha256}  ${file.name}\n`).join(""));
}

function numbered(rows: readonly LabelledText[], split: string): readonly Example[] {
  return rows.map((row, index) => ({ id: `${split}:${index}`, ...row }));
}

function furtherSplits(task: TaskDefinition): readonly FurtherSplit[] {
  return task.source.kind === "files" ? (task.source.further ?? []) : [];
}

function furtherWarnings(task: TaskDefinition, loaded: readonly LoadedSplit[]): readonly string[] {
  return furtherSplits(task).flatMap(({ name, file, publishedRows }) => {
    const rows = loaded.find((split) => split.name === name)?.examples.length;
    if (rows === publishedRows) return [];
    return rows === undefined
      ? [`This copy has no ${file}: the ${name} split is not scored.`]
      : [
          `The ${name} split of this copy has ${rows} examples, the published one ${publishedRows}: figures are not comparable with published ones.`,
        ];
  });
}

function rowWarnings(task: TaskDefinition, rows: SplitRows): readonly string[] {
  return (["train", "dev"] as const)
    .filter((split) => rows[split] !== task.publishedRows[split])
    .map(
      (split) =>
        `The ${split} split of this copy has ${rows[split]} examples, the ${task.origin === "published" ? "published one" : "one on its card"} ${task.publishedRows[split]}: figures are not comparable with ${task.origin === "published" ? "published" : "other"} ones.`,
    );
}
