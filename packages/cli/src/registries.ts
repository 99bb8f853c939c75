import type { Registries } from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import { allTasks, choiceTasks } from "@peftbench/tasks";
import { openDevice } from "./devices.ts";

/** Everything that this program has: the one place where the registries meet. */
export const registries: Registries = { methods, tasks: allTasks, choiceTasks, openDevice };
