import { TaskArgumentError } from "../errors.ts";
import type { TaskDefinition } from "../task.ts";
import { cola } from "./cola.ts";
import { mrpc } from "./mrpc.ts";
import { rte } from "./rte.ts";
import { sst2 } from "./sst2.ts";
import { stsb } from "./stsb.ts";
import { wnli } from "./wnli.ts";

/** The tasks of GLUE there are definitions for, in the order in which reports list them. */
export const glueTasks: readonly TaskDefinition[] = [sst2, cola, mrpc, stsb, rte, wnli];

/**
 * The task with the given id.
 * @throws {TaskArgumentError} naming the tasks there are
 */
export function findTask(id: string, tasks: readonly TaskDefinition[] = glueTasks): TaskDefinition {
  const task = tasks.find((candidate) => candidate.id === id);
  if (task !== undefined) return task;
  const known = tasks.map((candidate) => candidate.id).join(", ");
  throw new TaskArgumentError(
    `There is no task ${JSON.stringify(id)}; there are: ${known}. Choose one of these.`,
  );
}
