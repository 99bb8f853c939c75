import { loadSuite } from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import { architectures } from "@peftbench/models";
import { allTasks, choiceTasks } from "@peftbench/tasks";
import type { Command } from "../command.ts";
import type { SuiteKind } from "../glue/sources.ts";
import { suiteFile } from "../glue/sources.ts";
import { formatTable } from "../table.ts";

/** `pnpm bench list`: what there is. */
export const list: Command = {
  name: "list",
  description: "Lists methods, tasks, model architectures and the presets of suites",
  example: "pnpm bench list --json",
  options: {},
  run: async (_options, context) => {
    const suites = await Promise.all(
      (["glue", "bundled", "reasoning"] satisfies SuiteKind[]).map((kind) =>
        loadSuite(suiteFile(context.projectFolder, kind)),
      ),
    );
    const document = {
      methods: methods.map(({ id, title, source }) => ({ id, title, source })),
      tasks: allTasks.map((task) => ({
        id: task.id,
        title: task.title,
        suite: task.suite,
        origin: task.origin,
        kind: task.kind,
        metric: task.metrics.primary,
        metrics: task.metrics.names,
        labels: task.labels.map(({ name }) => name),
        rows: task.publishedRows,
        card: task.datasetCard,
      })),
      reasoning: choiceTasks.map(({ id, title, reported, splits, prompt, datasetCard: card }) => ({
        ...{ id, title, prompt, card },
        rows: { train: splits.train?.rows ?? null, reported: splits[reported]?.rows ?? null },
      })),
      architectures: architectures.map(({ modelType, title, kind }) => ({ modelType, title, kind })),
      suites: suites.map(({ name, defaultPreset, presets }) => ({ name, defaultPreset, presets })),
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
          ["id", "name", "suite", "text", "metric", "train", "dev"],
          document.tasks.map((task) => [
            ...[task.id, task.title, task.suite, task.origin, task.metric],
            ...[task.rows.train, task.rows.dev].map((rows) => rows.toLocaleString("en-US")),
          ]),
          [5, 6],
        ),
      ],
      [
        "Questions with options (pnpm bench reasoning)",
        formatTable(
          ["id", "name", "prompt", "train", "reported"],
          document.reasoning.map(({ id, title, prompt, rows }) => [
            ...[id, title, prompt],
            ...[rows.train, rows.reported].map((count) => count?.toLocaleString("en-US") ?? "-"),
          ]),
          [3, 4],
        ),
      ],
      [
        "Model architectures (model_type in config.json)",
        formatTable(
          ["model_type", "name", "kind", "bench glue", "bench memory"],
          document.architectures.map(({ modelType, title, kind }) => [
            ...[modelType, title, kind],
            kind === "encoder-decoder" ? "no: it classifies nothing" : "yes",
            "yes",
          ]),
        ),
      ],
      ...suites.map(({ name: suite, defaultPreset, presets }) => [
        `Presets of ${suite} (${defaultPreset} where none is given)`,
        formatTable(
          ["name", "what it is for"],
          Object.entries(presets).map(([name, preset]) => [name, preset.description]),
        ),
      ]),
    ];
    const text = sections.map(([heading, body]) => `${heading}\n${indent(body ?? "")}`).join("\n\n");
    return { exitCode: 0, document, text };
  },
};

function indent(text: string): string {
  return text.replace(/^/gm, "  ");
}
