import { resolve } from "node:path";
import type { CellReport, RunResult } from "@peftbench/harness";
import { exampleResult } from "@peftbench/harness";
import { allTasks } from "@peftbench/tasks";
import { describe, expect, it } from "vitest";
import { specsOf } from "../testing/specsOf.ts";
import { formatSummaries, summarizeReports } from "./summary.ts";

const project = resolve(import.meta.dirname, "../../../..");

/** Reports of all tasks there are, those of glue-mini first; the results are made of the example. */
async function reportsOf(result: (seed: number) => RunResult | null): Promise<readonly CellReport[]> {
  const specs = await specsOf([...allTasks].reverse(), { project, out: "out" });
  return specs.map((spec) => ({ spec, outcome: "ran", result: result(spec.cell.seed) }));
}

const scored = (seed: number): RunResult => ({
  ...exampleResult,
  metrics: exampleResult.metrics.map((metric) => ({ ...metric, value: 0.25 + seed / 2 })),
});

/** Headings and the tasks that stand in the table below each. */
function blocksOf(text: string): readonly (readonly [string, readonly string[]])[] {
  const parts = text.split("\n\n");
  return parts.flatMap((heading, index) =>
    index % 2 === 1
      ? []
      : [
          [
            heading,
            (parts[index + 1] ?? "")
              .split("\n")
              .slice(1)
              .map((line) => line.split(/ +/)[1] ?? ""),
          ] as const,
        ],
  );
}

const idsOf = (suite: string): readonly string[] =>
  allTasks.flatMap((task) => (task.suite === suite ? [task.id] : [])).reverse();

const expected = [
  ["GLUE", idsOf("glue")],
  ["Offline tasks (real text, not GLUE)", idsOf("offline")],
  ["glue-mini (synthetic)", idsOf("glue-mini")],
];

describe("the tables on the terminal", () => {
  it("are one for each suite, real text first, and say what the text is", async () => {
    expect(blocksOf(formatSummaries(summarizeReports(await reportsOf(scored))))).toEqual(expected);
  });

  it("say it as well where no run has a result", async () => {
    const rows = summarizeReports(await reportsOf(() => null));
    expect(blocksOf(formatSummaries(rows))).toEqual(expected);
    expect(rows.every(({ missing, metric }) => missing === 2 && metric === null)).toBe(true);
  });

  it("have the mean over the seeds of a task, with the suite and origin of the task", async () => {
    for (const row of summarizeReports(await reportsOf(scored))) {
      const task = allTasks.find(({ id }) => id === row.task);
      expect(row).toMatchObject({ suite: task?.suite, origin: task?.origin, score: { mean: 0.5, count: 2 } });
    }
  });
});
