import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Content, FileContent } from "../content.ts";
import { DatasetError } from "../errors.ts";
import { hasParquet, readFromParquet } from "../hub/parquetFolder.ts";
import type { TaskDefinition, TaskFiles } from "../task.ts";
import { howToGet, usualFolder } from "./howToGet.ts";
import { errorCode, readLabelledFile } from "./labelledFile.ts";
import { named } from "./named.ts";
import { readOriginalFiles } from "./originalFiles.ts";

/**
 * Reads a task's splits from `<dataFolder>/<task folder>`; the task folder is found whatever its case. It may hold
 * GLUE's own TSV files, parquet files as the Hugging Face hub has them, or (MRPC) the files that GLUE was cut from. Of
 * further splits, those are read that the copy has.
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
  const names = await namesIn(task, folder);
  const { train, dev, further = [], original } = task.source;
  if (!names.includes(train) && original !== undefined && names.includes(original.examples)) {
    return readOriginalFiles(task, original, folder, names);
  }
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
  const { lines, sha256 } = await readLabelledFile(task, join(folder, name), `the ${split} split`);
  return { split, name, rows: lines.map(({ example }) => example), sha256 };
}

async function findTaskFolder(task: TaskDefinition<TaskFiles>, dataFolder: string): Promise<string> {
  const usual = usualFolder(task);
  const names = await namesIn(task, dataFolder);
  const exact = task.source.folders.find((folder) => names.includes(folder));
  if (exact !== undefined) return join(dataFolder, exact);

  const matches = named(names, task.source.folders);
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

async function namesIn(task: TaskDefinition<TaskFiles>, folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    throw new DatasetError({
      code: "missing-folder",
      file: folder,
      found: `no readable folder (${errorCode(cause)})`,
      expected: `the data folder that holds ${usualFolder(task)}/${task.source.train}`,
      remedy: howToGet(task),
    });
  }
}
