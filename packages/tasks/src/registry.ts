import { TaskArgumentError } from "./errors.ts";
import { glueTasks } from "./glue/index.ts";
import { glueMiniTasks } from "./glueMini/index.ts";
import { offlineTasks } from "./offline/index.ts";
import type { TaskDefinition } from "./task.ts";

/** Every task there is; `suite` and `origin` tell what kind it is. Ids are unique across suites. */
export const allTasks: readonly TaskDefinition[] = [...glueTasks, ...offlineTasks, ...glueMiniTasks];

/**
 * The task with the given id.
 * @throws {TaskArgumentError} naming the tasks there are
 */
export function findTask(id: string, tasks: readonly TaskDefinition[] = allTasks): TaskDefinition {
  const task = tasks.find((candidate) => candidate.id === id);
  if (task !== undefined) return task;
  const known = tasks.map((candidate) => candidate.id).join(", ");
  throw new TaskArgumentError(
    `There is no task ${JSON.stringify(id)}; there are: ${known}. Choose one of these.`,
  );
}
