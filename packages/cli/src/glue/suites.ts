import { compareOrigins, suiteWithOrigin } from "@peftbench/report";
import type { TaskOrigin } from "@peftbench/tasks";
import { choiceTasks, findTask } from "@peftbench/tasks";

/** What a row of a table on the terminal is of. */
export interface SuiteAndOrigin {
  readonly suite: string;
  readonly origin: TaskOrigin;
}

/**
 * What the text of a task is.
 * @throws {TaskArgumentError} for a task that there is not
 */
export function originOfTask(id: string): TaskOrigin {
  return choiceTasks.some((task) => task.id === id) ? "published" : findTask(id).origin;
}

/**
 * A block of text for each suite, under a heading that says what its text is, in the report's words: no task can be
 * taken for one of another suite. Real text comes before synthetic; else suites stay in the order of their rows.
 */
export function formatBySuite<Row extends SuiteAndOrigin>(
  rows: readonly Row[],
  format: (rows: readonly Row[]) => string,
): string {
  const blocks = new Map<string, Row[]>();
  for (const row of rows) {
    const heading = suiteWithOrigin(row.suite, row.origin);
    blocks.set(heading, [...(blocks.get(heading) ?? []), row]);
  }
  return [...blocks]
    .sort(([, [a]], [, [b]]) => (a === undefined || b === undefined ? 0 : compareOrigins(a.origin, b.origin)))
    .map(([heading, block]) => `${heading}\n\n${format(block)}`)
    .join("\n\n");
}
