import type { GridTask } from "@peftbench/harness";
import type { FileCache } from "@peftbench/runtime";
import { DatasetError, findTask, loadTask } from "@peftbench/tasks";
import { UsageError } from "../options/usageError.ts";

/** For a person who has no GLUE folder, or another one. */
export const HOW_TO_GET_GLUE =
  "To have GLUE, lay out a folder as <folder>/SST-2/train.tsv and <folder>/SST-2/dev.tsv, likewise CoLA, MRPC, STS-B, " +
  "QQP, MNLI, QNLI, RTE, WNLI, with the files of https://gluebenchmark.com/tasks; pass `--data <folder>`, or set " +
  "PEFTBENCH_DATA. Or pass `--data hf`, which downloads what the tasks need from the Hugging Face hub.";

/** Reads the tasks' data once, to check it and to know its checksum; rows cut out of packages are kept for cells. @throws {UsageError} for what is wrong */
export async function readTasks(
  ids: readonly string[],
  dataFolder: string | null,
  cache: FileCache,
): Promise<readonly GridTask[]> {
  const tasks: GridTask[] = [];
  for (const id of ids) {
    const task = findTask(id);
    try {
      const { provenance } = await loadTask(task, { dataFolder: dataFolder ?? undefined, cache });
      tasks.push({ id, suite: task.suite, checksum: provenance.checksum });
    } catch (error) {
      if (!(error instanceof DatasetError)) throw error;
      throw new UsageError(`--data: ${error.message}`, { cause: error });
    }
  }
  return tasks;
}
