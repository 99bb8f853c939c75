import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../checksum.ts";
import type { Content, FileContent } from "../content.ts";
import { DatasetError } from "../errors.ts";
import { hasParquet, readFromParquet } from "../hub/parquetFolder.ts";
import type { LabelledText, TaskDefinition, TaskFiles } from "../task.ts";
import type { TsvRow } from "./tsv.ts";
import { readTsv } from "./tsv.ts";

/**
 * Reads a task's splits from `<dataFolder>/<task folder>`; the task folder is found whatever its case. It may hold
 * GLUE's own TSV files, or parquet files as the Hugging Face hub has them. Of further splits, those are read that the
 * copy has.
 * @param dataFolder undefined where nobody named one, which is refused with word of how to get the data
 * @throws {DatasetError} where a folder or file is missing, or a file is not what the task definition says
 */
export async function readFromFolder(
  task: TaskDefinition<TaskFiles>,
  dataFolder: string | undefined,
): Promise<Content> {
  if (dataFolder === undefined) {
    throw new DatasetError({
      code: "missing-folder",
      file: task.title,
      found: "no data folder",
      expected: `the folder that holds ${usualFolder(task)}/${task.source.train}`,
      remedy: howToGet(task),
    });
  }
  const folder = await findTaskFolder(task, dataFolder);
  const names = await readdir(folder);
  const { train, dev, further = [] } = task.source;
  if (!names.includes(train) && hasParquet(task, names)) {
    return readFromParquet(task, dataFolder, folder, names);
  }
  const files = [await loadFile(task, folder, "train", train), await loadFile(task, folder, "dev", dev)];
  for (const { name, file } of further) {
    if (names.includes(file)) files.push(await loadFile(task, folder, name, file));
  }
  return { source: `GLUE ${usualFolder(task)} (TSV folder)`, revision: null, files };
}

async function loadFile(
  task: TaskDefinition<TaskFiles>,
  folder: string,
  split: string,
  name: string,
): Promise<FileContent> {
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
  const { text, pair, label } = task.source.columns;
  const columns = pair === undefined ? [label, text] : [label, text, pair];
  const rows = readTsv(bytes, file, {
    shape: task.source.shape,
    columns,
    ...(task.kind === "classification" ? { selfDelimiting: label } : {}),
  });
  const parseLabel = labelParser(task, file);
  return {
    split,
    name,
    rows: rows.map((row) => toLabelledText(row, parseLabel, file)),
    sha256: sha256(bytes),
  };
}

function toLabelledText(
  row: TsvRow,
  parseLabel: (value: string, line: number) => number,
  file: string,
): LabelledText {
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
  return pair === undefined ? { text, label } : { text, pair, label };
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

async function findTaskFolder(task: TaskDefinition<TaskFiles>, dataFolder: string): Promise<string> {
  const usual = usualFolder(task);
  let names: readonly string[];
  try {
    names = await readdir(dataFolder);
  } catch (cause) {
    throw new DatasetError({
      code: "missing-folder",
      file: dataFolder,
      found: `no readable folder (${errorCode(cause)})`,
      expected: `the data folder that holds ${usual}/${task.source.train}`,
      remedy: howToGet(task),
    });
  }
  const exact = task.source.folders.find((folder) => names.includes(folder));
  if (exact !== undefined) return join(dataFolder, exact);

  const wanted = new Set(task.source.folders.map((folder) => folder.toLowerCase()));
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
  const isTaskFolder = names.includes(task.source.train);
  throw new DatasetError({
    code: "missing-folder",
    file: dataFolder,
    found: isTaskFolder
      ? `${task.source.train} itself`
      : `no folder named ${task.source.folders.join(" or ")}`,
    expected: `a folder ${usual} with ${task.source.train} and ${task.source.dev} in it (its case does not matter)`,
    remedy: isTaskFolder ? "Give the folder one level up, named after the task inside it." : howToGet(task),
  });
}

function howToGet(task: TaskDefinition<TaskFiles>): string {
  const usual = usualFolder(task);
  return (
    `Download ${usual} from the GLUE benchmark's site (https://gluebenchmark.com/tasks) and unpack it so that ` +
    `<data folder>/${usual}/${task.source.train} and <data folder>/${usual}/${task.source.dev} exist; ` +
    `${task.datasetCard} describes the files.`
  );
}

function usualFolder(task: TaskDefinition<TaskFiles>): string {
  return task.source.folders[0] ?? task.id;
}

function errorCode(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
}
