import type { TaskDefinition, TaskFiles } from "../task.ts";
import { cola } from "./cola.ts";
import { mnli } from "./mnli.ts";
import { mrpc } from "./mrpc.ts";
import { qnli } from "./qnli.ts";
import { qqp } from "./qqp.ts";
import { rte } from "./rte.ts";
import { sst2 } from "./sst2.ts";
import { stsb } from "./stsb.ts";
import { wnli } from "./wnli.ts";

/** The tasks of GLUE, in the order in which reports list them. */
export const glueTasks: readonly TaskDefinition<TaskFiles>[] = [
  sst2,
  cola,
  mrpc,
  stsb,
  qqp,
  mnli,
  qnli,
  rte,
  wnli,
];
