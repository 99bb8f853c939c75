import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatasetError } from "./errors.ts";
import type { TsvRow } from "./glue/tsv.ts";
import { readTsv } from "./glue/tsv.ts";
import type { Example, SplitRows, TaskDefinition } from "./task.ts";

/** Where data came from, for the `data` part of a result. */
export interface DataProvenance {
  /** What the data is, without a path of this machine: `GLUE SST-2 (TSV folder)`. */
  readonly source: string;
  /** A version of the source, where it has one; GLUE's folders have none. */
  readonly revision: string | null;
  /** sha256 in hexadecimal, of the lines `<sha256 of the file>  <file name>\n` for train and dev, in this order. */
  readonly checksum: string;
  /** sha256 in hexadecimal of each file, by its name in the task definition. */
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

/**
 * Reads a task's training and dev split from `<dataFolder>/<task folder>`; the task folder is found whatever its case.
 * @throws {DatasetError} where a folder or file is missing, or a file is not what the task definition says
 */
export async function loadTask(
  task: TaskDefinition,
  options: { readonly dataFolder: string },
): Promise<LoadedTask> {
  const folder = await findTaskFolder(task, options.dataFolder);
  const train = await loadSplit(task, folder, "train");
  const dev = await loadSplit(task, folder, "dev");
  const rows = { train: train.examples.length, dev: dev.examples.length };
  return {
    task,
    train: train.examples,
    dev: dev.examples,
    provenance: {
      source: `${task.suite.toUpperCase()} ${task.files.folders[0]} (TSV folder)`,
      revision: null,
      checksum: sha256(`${train.checksum}  ${task.files.train}\n${dev.checksum}  ${task.files.dev}\n`),
      fileChecksums: { [task.files.train]: train.checksum, [task.files.dev]: dev.checksum },
      rows,
      warnings: rowWarnings(task, rows),
    },
  };
}

async function loadSplit(
  task: TaskDefinition,
  folder: string,
  split: "train" | "dev",
): Promise<{ readonly examples: readonly Example[]; readonly checksum: string }> {
  const name = task.files[split];
  const file = join(folder, name);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    throw new DatasetError({
      code: "missing-file",
      file,
      found: `no readable file (${errorCode(cause)})`,
      expected: `the ${split} split of ${task.title}`,
      remedy: howToGet(task),
    });
  }
  const { text, pair, label } = task.files.columns;
  const columns = pair === undefined ? [label, text] : [label, text, pair];
  const rows = readTsv(bytes, file, { shape: task.files.shape, columns });
  const parseLabel = labelParser(task, file);
  const examples = rows.map((row, index) => toExample(row, `${split}:${index}`, parseLabel, file));
  return { examples, checksum: sha256(bytes) };
}

function toExample(
  row: TsvRow,
  id: string,
  parseLabel: (value: string, line: number) => number,
  file: string,
): Example {
  const [labelValue = "", text = "", pair] = row.values;
  if (text.trim() === "" || pair?.trim() === "") {
    throw new DatasetError({
      code: "empty-text",
      file,
      line: row.line,
      found: "an empty sentence",
      expected: "some text in every text column",
      remedy: "Get the file again, or correct this line.",
    });
  }
  const label = parseLabel(labelValue, row.line);
  return pair === undefined ? { id, text, label } : { id, text, pair, label };
}

function labelParser(task: TaskDefinition, file: string): (value: string, line: number) => number {
  const unknown = (value: string, line: number, expected: string): DatasetError =>
    new DatasetError({
      code: "unknown-label",
      file,
      line,
      found: `the label ${JSON.stringify(value)}`,
      expected,
      remedy: `Check that this is a labelled file of ${task.title} (GLUE's test files have no labels).`,
    });
  if (task.kind === "regression") {
    const { min, max } = task.range;
    return (value, line) => {
      const score = /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
      if (score >= min && score <= max) return score;
      throw unknown(value, line, `a number from ${min} to ${max}`);
    };
  }
  const classes = new Map(task.labels.map((label, index) => [label.value, index]));
  const expected = `one of ${task.labels.map((label) => JSON.stringify(label.value)).join(", ")}`;
  return (value, line) => {
    const index = classes.get(value);
    if (index !== undefined) return index;
    throw unknown(value, line, expected);
  };
}

async function findTaskFolder(task: TaskDefinition, dataFolder: string): Promise<string> {
  const usual = task.files.folders[0] ?? task.id;
  let names: readonly string[];
  try {
    names = await readdir(dataFolder);
  } catch (cause) {
    throw new DatasetError({
      code: "missing-folder",
      file: dataFolder,
      found: `no readable folder (${errorCode(cause)})`,
      expected: `the data folder that holds ${usual}/${task.files.train}`,
      remedy: howToGet(task),
    });
  }
  const exact = task.files.folders.find((folder) => names.includes(folder));
  if (exact !== undefined) return join(dataFolder, exact);

  const wanted = new Set(task.files.folders.map((folder) => folder.toLowerCase()));
  const matches = names.filter((name) => wanted.has(name.toLowerCase()));
  if (matches.length === 1) return join(dataFolder, matches[0] ?? "");
  if (matches.length > 1) {
    throw new DatasetError({
      code: "ambiguous-name",
      file: dataFolder,
      found: `the folders ${matches.join(", ")}`,
      expected: `one folder named ${usual}, whatever its case`,
      remedy: `Rename the right one to ${usual}, or remove the others.`,
    });
  }
  const isTaskFolder = names.includes(task.files.train);
  throw new DatasetError({
    code: "missing-folder",
    file: dataFolder,
    found: isTaskFolder ? `${task.files.train} itself` : `no folder named ${task.files.folders.join(" or ")}`,
    expected: `a folder ${usual} with ${task.files.train} and ${task.files.dev} in it (its case does not matter)`,
    remedy: isTaskFolder ? "Give the folder one level up, named after the task inside it." : howToGet(task),
  });
}

function howToGet(task: TaskDefinition): string {
  const usual = task.files.folders[0] ?? task.id;
  return (
    `Download ${usual} from the GLUE benchmark's site (https://gluebenchmark.com/tasks) and unpack it so that ` +
    `<data folder>/${usual}/${task.files.train} and <data folder>/${usual}/${task.files.dev} exist; ` +
    `${task.datasetCard} describes the files.`
  );
}

function rowWarnings(task: TaskDefinition, rows: SplitRows): readonly string[] {
  return (["train", "dev"] as const)
    .filter((split) => rows[split] !== task.publishedRows[split])
    .map(
      (split) =>
        `The ${split} split of this copy has ${rows[split]} examples, the published one ${task.publishedRows[split]}: figures are not comparable with published ones.`,
    );
}

function sha256(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}

function errorCode(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
}
