import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { sha256 } from "../checksum.ts";
import { DatasetError } from "../errors.ts";
import { errorCode } from "../glue/labelledFile.ts";
import { named } from "../glue/named.ts";
import type { DataFile } from "../source.ts";
import { readChoiceRow, readNumberRow } from "./example.ts";
import type { JsonRow } from "./rows.ts";
import { readJsonRows } from "./rows.ts";
import type {
  ChoiceExample,
  ChoiceTask,
  NumberExample,
  NumberTask,
  ReasoningSplitName,
  ReasoningTask,
} from "./task.ts";

/** What a copy of a task's data holds. */
export interface LoadedReasoning<Task extends ReasoningTask, Row> {
  readonly task: Task;
  /** The splits that the copy has; the reported one is always there. */
  readonly splits: Readonly<Partial<Record<ReasoningSplitName, readonly Row[]>>>;
  readonly files: readonly DataFile[];
  /** sha256 in hexadecimal, of the lines `<sha256 of the file>  <file name>\n` of `files`. */
  readonly checksum: string;
  /** What a reader of a result should know of this copy, in full sentences. */
  readonly warnings: readonly string[];
}

export type LoadedChoices = LoadedReasoning<ChoiceTask, ChoiceExample>;
export type LoadedNumbers = LoadedReasoning<NumberTask, NumberExample>;

/**
 * Reads the splits of a task whose questions have options, from `<dataFolder>/<task folder>`.
 * @throws {DatasetError} where the folder or the reported split is missing, or at the first row that is not as it should be
 */
export function loadChoices(task: ChoiceTask, dataFolder: string): Promise<LoadedChoices> {
  return load(task, dataFolder, (row, file) => readChoiceRow(task, row, file));
}

/**
 * Reads the splits of a task whose answers are numbers, from `<dataFolder>/<task folder>`.
 * @throws {DatasetError} where the folder or the reported split is missing, or at the first row that is not as it should be
 */
export function loadNumbers(task: NumberTask, dataFolder: string): Promise<LoadedNumbers> {
  return load(task, dataFolder, (row, file) => readNumberRow(task, row, file));
}

const SPLITS = ["train", "dev", "test"] as const;

async function load<Task extends ReasoningTask, Row>(
  task: Task,
  dataFolder: string,
  readRow: (row: JsonRow, file: string) => Row,
): Promise<LoadedReasoning<Task, Row & { readonly id: string }>> {
  const folder = join(dataFolder, await taskFolder(task, dataFolder));
  const names = await namesIn(task, folder);
  const files: DataFile[] = [];
  const splits: Partial<Record<ReasoningSplitName, readonly (Row & { readonly id: string })[]>> = {};
  const warnings: string[] = [];
  for (const split of SPLITS) {
    const published = task.splits[split];
    if (published === undefined) continue;
    const name = fileOf(task, split, names, folder);
    if (name === null) {
      warnings.push(`This copy has no ${split} split (${published.files.join(" or ")}).`);
      continue;
    }
    const file = join(folder, name);
    const bytes = await readFile(file);
    const rows = readJsonRows(bytes, file);
    splits[split] = rows.map((row, index) => ({ id: `${split}:${index}`, ...readRow(row, file) }));
    files.push({ split, name: basename(file), rows: rows.length, sha256: sha256(bytes) });
    if (rows.length !== published.rows) {
      warnings.push(
        `The ${split} split of this copy has ${rows.length} examples, the published one ${published.rows}: figures are not comparable with published ones.`,
      );
    }
  }
  const checksum = sha256(files.map((file) => `${file.sha256}  ${file.name}\n`).join(""));
  return { task, splits, files, checksum, warnings };
}

function fileOf(
  task: ReasoningTask,
  split: ReasoningSplitName,
  names: readonly string[],
  folder: string,
): string | null {
  const wanted = task.splits[split]?.files ?? [];
  const present = wanted.filter((name) => names.includes(name));
  if (present.length > 1) {
    throw new DatasetError({
      code: "ambiguous-name",
      file: folder,
      found: `the files ${present.join(" and ")}`,
      expected: `one file of the ${split} split`,
      remedy: "Keep the one that is meant.",
    });
  }
  if (present.length === 0 && split === task.reported) {
    throw new DatasetError({
      code: "missing-file",
      file: folder,
      found: names.length === 0 ? "an empty folder" : `the files ${names.join(", ")}`,
      expected: `${wanted.join(" or ")}, the split of ${task.title} that is reported`,
      remedy: howToGet(task),
    });
  }
  return present[0] ?? null;
}

async function taskFolder(task: ReasoningTask, dataFolder: string): Promise<string> {
  const names = await namesIn(task, dataFolder);
  const matches = names.includes(task.folder) ? [task.folder] : named(names, [task.folder]);
  if (matches.length === 1) return matches[0] ?? "";
  throw new DatasetError({
    code: matches.length === 0 ? "missing-folder" : "ambiguous-name",
    file: dataFolder,
    found: matches.length === 0 ? `no folder named ${task.folder}` : `the folders ${matches.join(", ")}`,
    expected: `one folder ${task.folder} (its case does not matter)`,
    remedy: howToGet(task),
  });
}

async function namesIn(task: ReasoningTask, folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (cause) {
    throw new DatasetError({
      code: "missing-folder",
      file: folder,
      found: `no readable folder (${errorCode(cause)})`,
      expected: `the data folder that holds ${task.folder}/`,
      remedy: howToGet(task),
    });
  }
}

function howToGet(task: ReasoningTask): string {
  const files = Object.values(task.splits).map(({ files }) => `<data folder>/${task.folder}/${files[0]}`);
  return `Get ${task.title} so that ${files.join(" and ")} exist; ${task.datasetCard} says where from.`;
}
