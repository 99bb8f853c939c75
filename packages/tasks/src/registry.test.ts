import { describe, expect, it } from "vitest";
import { metrics } from "./metrics/index.ts";
import { allTasks, findTask } from "./registry.ts";
import { outputCount } from "./task.ts";

describe("the task definitions", () => {
  it("have ids of their own, and are found by them", () => {
    for (const task of allTasks) expect(findTask(task.id)).toBe(task);
    expect(() => findTask("sst3")).toThrow(/no task "sst3"; there are: sst2, cola/);
  });

  it.each(allTasks.map((task) => [task.id, task] as const))(
    "%s reports its primary metric, and metrics that exist",
    (_, task) => {
      expect(task.metrics.names).toContain(task.metrics.primary);
      for (const name of task.metrics.names) expect(metrics[name].name).toBe(name);
    },
  );

  it("give as many outputs as classes, and one for a score", () => {
    expect(outputCount(findTask("sst2"))).toBe(2);
    expect(outputCount(findTask("stsb"))).toBe(1);
  });
});
