import type { TaskDefinition, TaskFiles } from "../task.ts";

/** What a person who lacks a task's data may do. */
export function howToGet(task: TaskDefinition<TaskFiles>): string {
  const usual = usualFolder(task);
  return (
    `Download ${usual} from the GLUE benchmark's site (https://gluebenchmark.com/tasks) and unpack it so that ` +
    `<data folder>/${usual}/${task.source.train} and <data folder>/${usual}/${task.source.dev} exist; ` +
    `${task.datasetCard} describes the files. \`--data hf\` downloads them instead.`
  );
}

export function usualFolder(task: TaskDefinition<TaskFiles>): string {
  return task.source.folders[0] ?? task.id;
}
