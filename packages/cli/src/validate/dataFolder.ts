import { readdir } from "node:fs/promises";
import { DatasetError, glueTasks, loadTask } from "@peftbench/tasks";

/** What a data folder has of a task that can be read. */
export interface CheckedTask {
  readonly id: string;
  readonly source: string;
  readonly revision: string | null;
  readonly checksum: string;
  readonly files: readonly { readonly split: string; readonly name: string; readonly rows: number }[];
  /** What is no error, and worth knowing: a copy that is not the published one. */
  readonly warnings: readonly string[];
}

export interface CheckedDataFolder {
  readonly tasks: readonly CheckedTask[];
  /** Ids of tasks of GLUE that the folder does not have. */
  readonly absent: readonly string[];
  /** A sentence for each task that cannot be read. */
  readonly problems: readonly string[];
}

/** Ids of the tasks of GLUE that a folder has a folder for. */
export async function tasksInFolder(folder: string): Promise<readonly string[]> {
  const names = new Set((await readdir(folder)).map((name) => name.toLowerCase()));
  return glueTasks
    .filter(({ source }) => source.folders.some((name) => names.has(name.toLowerCase())))
    .map(({ id }) => id);
}

/** Reads every task of GLUE that a folder has, as a run would. */
export async function checkDataFolder(folder: string): Promise<CheckedDataFolder> {
  const present = await tasksInFolder(folder);
  const tasks: CheckedTask[] = [];
  const problems: string[] = [];
  for (const task of glueTasks.filter(({ id }) => present.includes(id))) {
    try {
      const { source, revision, checksum, files, warnings } = (await loadTask(task, { dataFolder: folder }))
        .provenance;
      const shown = files.map(({ split, name, rows }) => ({ split, name, rows }));
      tasks.push({ id: task.id, source, revision, checksum, files: shown, warnings });
    } catch (error) {
      if (!(error instanceof DatasetError)) throw error;
      problems.push(error.message);
    }
  }
  const absent = glueTasks.map(({ id }) => id).filter((id) => !present.includes(id));
  return { tasks, absent, problems };
}
