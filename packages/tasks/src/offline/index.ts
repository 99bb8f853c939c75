import type { TaskDefinition, TaskPackage } from "../task.ts";

/** Classification of real text that comes with the installation; in the order in which reports list them. */
export const offlineTasks: readonly TaskDefinition<TaskPackage>[] = [];
