import { loadSuite } from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import { architectures } from "@peftbench/models";
import { glueTasks } from "@peftbench/tasks";
import type { Command } from "../command.ts";
import { glueSuiteFile } from "../glue/plan.ts";
import { formatTable } from "../table.ts";

/** `pnpm bench list`: what there is. */
export const list: Command = {
  name: "list",
  description: "Lists methods, tasks, model architectures and the presets of suites",
  example: "pnpm bench list --json",
  options: {},
  run: async (_options, context) => {
    const suite = await loadSuite(glueSuiteFile(context.projectFolder));
    const document = {
      methods: methods.map(({ id, title, source }) => ({ id, title, source })),
      tasks: glueTasks.map((task) => ({
        id: task.id,
        title: task.title,
        suite: task.suite,
        kind: task.kind,
        metric: task.metrics.primary,
        rows: task.publishedRows,
        card: task.datasetCard,
      })),
      architectures: architectures.map(({ modelType }) => ({ modelType })),
      suites: [{ name: suite.name, defaultPreset: suite.defaultPreset, presets: suite.presets }],
    };
    const sections = [
      [
        "Methods",
        formatTable(
          ["id", "name", "described in"],
          document.methods.map((m) => [m.id, m.title, m.source]),
        ),
      ],
      [
        "Tasks",
        formatTable(
          ["id", "name", "metric", "train", "dev"],
          document.tasks.map((task) => [
            ...[task.id, task.title, task.metric],
            ...[task.rows.train, task.rows.dev].map((rows) => rows.toLocaleString("en-US")),
          ]),
          [3, 4],
        ),
      ],
      [
        "Model architectures (model_type in config.json)",
        document.architectures.map((a) => a.modelType).join("\n"),
      ],
      [
        `Presets of ${suite.name} (${suite.defaultPreset} where none is given)`,
        formatTable(
          ["name", "what it is for"],
          Object.entries(suite.presets).map(([name, preset]) => [name, preset.description]),
        ),
      ],
    ];
    const text = sections.map(([heading, body]) => `${heading}\n${indent(body ?? "")}`).join("\n\n");
    return { exitCode: 0, document, text };
  },
};

function indent(text: string): string {
  return text.replace(/^/gm, "  ");
}
