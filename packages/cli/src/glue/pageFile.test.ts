import { dirname, join, resolve } from "node:path";
import type { TaskDefinition } from "@peftbench/tasks";
import { allTasks } from "@peftbench/tasks";
import { describe, expect, it } from "vitest";
import { specsOf } from "../testing/specsOf.ts";
import { pageFileOf } from "./pageFile.ts";

const project = resolve(import.meta.dirname, "../../../..");
const out = resolve("some-results");

const tasksOf = (...wanted: readonly string[]): readonly TaskDefinition[] =>
  allTasks.filter(({ suite }) => wanted.includes(suite));

async function pageOf(tasks: readonly TaskDefinition[]): Promise<string | null> {
  const specs = await specsOf(tasks, { project, out });
  return pageFileOf(specs.map(({ runFolder }) => runFolder));
}

describe("the page of a call", () => {
  it.each([
    ["glue", "glue"],
    ["offline", "offline"],
    ["glue-mini", "glue_mini"],
  ])("stands beside the runs of %s, in runs/%s, where they are of that suite alone", async (suite, name) => {
    expect(await pageOf(tasksOf(suite))).toBe(join(out, "runs", name, "report.html"));
    expect(await pageOf(tasksOf(suite).slice(0, 1))).toBe(join(out, "runs", name, "report.html"));
  });

  it("stands above the suites where there are several, in whatever order their runs come", async () => {
    const above = join(out, "runs/report.html");
    expect(await pageOf(tasksOf("offline", "glue-mini"))).toBe(above);
    expect(await pageOf([...allTasks].reverse())).toBe(above);
  });

  it("has all its runs in its folder, and never lies within a run", async () => {
    for (const tasks of [tasksOf("glue"), tasksOf("offline", "glue-mini"), allTasks]) {
      const page = (await pageOf(tasks)) ?? "";
      for (const { runFolder } of await specsOf(tasks, { project, out })) {
        expect(runFolder.startsWith(join(dirname(page), "/"))).toBe(true);
      }
    }
  });

  it("is none where nothing ran", () => {
    expect(pageFileOf([])).toBeNull();
  });
});
