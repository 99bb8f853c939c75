import type { GridTask } from "@peftbench/harness";
import type { FileCache } from "@peftbench/runtime";
import { allTasks } from "@peftbench/tasks";
import { readTasks } from "./data.ts";
import type { AskedSources, ChosenSources } from "./sources.ts";
import { chooseSources } from "./sources.ts";

/** Tasks that one command runs, and where their data and models come from. */
export interface TaskFamily {
  /** Ids of all of them. */
  readonly tasks: readonly string[];
  /** @throws {UsageError} for what cannot be had */
  readonly sources: (asked: AskedSources, projectFolder: string) => Promise<ChosenSources>;
  /** Reads data once, to check it and to know its checksum. @throws {UsageError} for what is wrong */
  readonly readTasks: (
    ids: readonly string[],
    dataFolder: string | null,
    cache: FileCache,
  ) => Promise<readonly GridTask[]>;
}

/** GLUE, and the tasks that come along. */
export const classificationFamily: TaskFamily = {
  tasks: allTasks.map(({ id }) => id),
  sources: chooseSources,
  readTasks,
};
