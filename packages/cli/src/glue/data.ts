import { resolve } from "node:path";
import type { GridTask } from "@peftbench/harness";
import { DatasetError, findTask, loadTask } from "@peftbench/tasks";
import { UsageError } from "../options/usageError.ts";

const HOW_TO_LAY_OUT =
  "Expected a folder laid out as <folder>/SST-2/train.tsv and <folder>/SST-2/dev.tsv, likewise CoLA, MRPC, STS-B, " +
  "RTE, WNLI, with the files of https://gluebenchmark.com/tasks. Pass `--data <folder>`, or set PEFTBENCH_DATA.";

/** The data folder that was asked for. @throws {UsageError} where none was */
export function dataFolderOf(option: string | undefined, environment: string | undefined): string {
  const folder = option ?? (environment === "" ? undefined : environment);
  if (folder === undefined) throw new UsageError(`--data: found none. ${HOW_TO_LAY_OUT}`);
  return resolve(folder);
}

/** Reads the tasks' files once, to check them and to know their checksums. @throws {UsageError} for what is wrong */
export async function readTasks(ids: readonly string[], dataFolder: string): Promise<readonly GridTask[]> {
  const tasks: GridTask[] = [];
  for (const id of ids) {
    try {
      const { provenance } = await loadTask(findTask(id), { dataFolder });
      tasks.push({ id, checksum: provenance.checksum });
    } catch (error) {
      if (!(error instanceof DatasetError)) throw error;
      throw new UsageError(`--data: ${error.message}`, { cause: error });
    }
  }
  return tasks;
}
