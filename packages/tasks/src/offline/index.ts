import type { TaskDefinition, TaskPackage } from "../task.ts";
import { era } from "./era.ts";
import { gloss } from "./gloss.ts";
import { spam } from "./spam.ts";

/** Classification of real text that comes with the installation; in the order in which reports list them. */
export const offlineTasks: readonly TaskDefinition<TaskPackage>[] = [spam, gloss, era];
