import type { Suite } from "@peftbench/harness";
import { trainingFor } from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import { allTasks } from "@peftbench/tasks";
import { methodConfig } from "../glue/methods.ts";
import { suggestion } from "../options/usageError.ts";

/** What the suite's schema cannot know: whether methods and tasks exist, and whether methods take their settings. */
export function suiteProblems(suite: Suite, path: string): readonly string[] {
  const problems: string[] = [];
  const taskIds = allTasks.map((task) => task.id);
  for (const task of suite.tasks) {
    if (!taskIds.includes(task)) {
      problems.push(`${path}: tasks: there is no task ${task}.${suggestion(task, taskIds)}`);
    }
  }
  const methodIds = methods.map((method) => method.id);
  for (const id of Object.keys(suite.methods)) {
    const method = methods.find((candidate) => candidate.id === id);
    if (method === undefined) {
      problems.push(`${path}: methods: there is no method ${id}.${suggestion(id, methodIds)}`);
      continue;
    }
    problems.push(...attempt(`${path}: methods.${id}.config`, () => methodConfig(method, suite)));
  }
  for (const [name, preset] of Object.entries(suite.presets)) {
    for (const method of preset.methods) {
      problems.push(...attempt(`${path}: presets.${name}`, () => trainingFor(suite, preset, method, [])));
    }
  }
  return problems;
}

function attempt(place: string, make: () => unknown): readonly string[] {
  try {
    make();
    return [];
  } catch (error) {
    return [`${place}: ${error instanceof Error ? error.message : String(error)}`];
  }
}
