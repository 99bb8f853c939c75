import { readFile, stat } from "node:fs/promises";
import { basename, relative, resolve } from "node:path";
import type { Suite } from "@peftbench/harness";
import { FormatError, loadRuns, loadSuite, parseResult, trainingFor } from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import { allTasks } from "@peftbench/tasks";
import type { Command } from "../command.ts";
import { methodConfig } from "../glue/methods.ts";
import { suiteFile } from "../glue/sources.ts";
import { suggestion, UsageError } from "../options/usageError.ts";

/** `pnpm bench validate`: checks a suite or results without running anything. */
export const validate: Command = {
  name: "validate",
  description:
    "Checks a suite's file, a result.json, or all results below a folder, without running anything",
  example: "pnpm bench validate benchmarks/glue/suite.json",
  options: {
    path: {
      type: "positional",
      required: false,
      description: "Suite file, result file or folder; the GLUE suite where absent",
    },
  },
  run: async (options, context) => {
    const path = resolve(options.positionals[0] ?? suiteFile(context.projectFolder, "glue"));
    const kind = await kindOf(path);
    const problems = await problemsOf(path, kind);
    const shown = relative(process.cwd(), path) || path;
    return {
      exitCode: problems.length === 0 ? 0 : 1,
      document: { path, kind, valid: problems.length === 0, problems },
      text: problems.length === 0 ? `${shown}: nothing wrong (${kind})` : problems.join("\n"),
    };
  },
};

type Kind = "suite" | "result" | "results";

async function kindOf(path: string): Promise<Kind> {
  const found = await stat(path).catch(() => null);
  if (found === null) {
    throw new UsageError(
      `Found nothing at ${path}; expected a suite's file, a result.json or a folder of results.`,
    );
  }
  if (found.isDirectory()) return "results";
  return basename(path) === "result.json" ? "result" : "suite";
}

/** A sentence for each thing that is wrong. */
async function problemsOf(path: string, kind: Kind): Promise<readonly string[]> {
  if (kind === "results") return (await loadRuns(path)).warnings;
  try {
    if (kind === "suite") return suiteProblems(await loadSuite(path), path);
    parseResult(await readFile(path, "utf8"), path);
    return [];
  } catch (error) {
    if (error instanceof FormatError) return [error.message];
    throw error;
  }
}

/** What the suite's schema cannot know: whether methods and tasks exist, and whether methods take their settings. */
function suiteProblems(suite: Suite, path: string): readonly string[] {
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
