import { resolve } from "node:path";
import { methods } from "@peftbench/methods";
import { architectures } from "@peftbench/models";
import { allTasks } from "@peftbench/tasks";
import { expect, it } from "vitest";
import type { CommandContext } from "../command.ts";
import { commonOptions, parseOptions } from "../options/parse.ts";
import { list } from "./list.ts";

const context: CommandContext = {
  projectFolder: resolve(import.meta.dirname, "../../../.."),
  environment: {},
  say: () => {},
  errorOutput: { isTerminal: false, columns: 80, write: () => {} },
};

it("list has every method, task and architecture there is, in the document and in the text", async () => {
  const { exitCode, document, text } = await list.run(parseOptions([], commonOptions, "list"), context);
  expect(exitCode).toBe(0);
  const parsed = JSON.parse(JSON.stringify(document)) as Record<string, Record<string, unknown>[]>;
  expect(parsed.methods?.map(({ id }) => id)).toEqual(methods.map(({ id }) => id));
  expect(parsed.architectures?.map(({ modelType }) => modelType)).toEqual(
    architectures.map(({ modelType }) => modelType),
  );
  expect(parsed.tasks?.map(({ id }) => id)).toEqual(allTasks.map(({ id }) => id));
  expect(parsed.tasks?.find(({ id }) => id === "qqp")).toMatchObject({
    suite: "glue",
    metric: "accuracy",
    metrics: ["accuracy", "f1"],
    labels: ["not duplicate", "duplicate"],
    rows: { train: 363_846, dev: 40_430 },
    card: "datasets/glue/qqp.yaml",
  });
  expect(parsed.suites?.map(({ name }) => name)).toEqual(["glue", "bundled", "reasoning"]);
  for (const { id } of [...methods, ...allTasks]) expect(text).toMatch(new RegExp(`^ +${id} `, "m"));
});
