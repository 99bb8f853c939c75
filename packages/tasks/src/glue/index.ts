import type { TaskDefinition, TaskFiles } from "../task.ts";
import { cola } from "./cola.ts";
import { mrpc } from "./mrpc.ts";
import { rte } from "./rte.ts";
import { sst2 } from "./sst2.ts";
import { stsb } from "./stsb.ts";
import { wnli } from "./wnli.ts";

/** The tasks of GLUE there are definitions for, in the order in which reports list them. */
export const glueTasks: readonly TaskDefinition<TaskFiles>[] = [sst2, cola, mrpc, stsb, rte, wnli];
