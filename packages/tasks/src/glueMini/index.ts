import type { TaskDefinition, TaskGenerator } from "../task.ts";
import { miniAcceptability } from "./acceptability.ts";
import { miniAnswerable } from "./answerable.ts";
import { miniEntailment } from "./entailment.ts";
import { miniParaphrase } from "./paraphrase.ts";
import { miniSentiment } from "./sentiment.ts";
import { miniSimilarity } from "./similarity.ts";

/** Look-alikes of GLUE's kinds of tasks, written by a program; in the order in which reports list them. */
export const glueMiniTasks: readonly TaskDefinition<TaskGenerator>[] = [
  miniSentiment,
  miniAcceptability,
  miniParaphrase,
  miniSimilarity,
  miniEntailment,
  miniAnswerable,
];
