import { readdir, readFile, stat } from "node:fs/promises";
import { basename, relative, resolve } from "node:path";
import { FormatError, loadSuite, parseResult } from "@peftbench/harness";
import type { Command } from "../command.ts";
import { suiteFile } from "../glue/sources.ts";
import { UsageError } from "../options/usageError.ts";
import { formatTable } from "../table.ts";
import type { CheckedDataFolder } from "../validate/dataFolder.ts";
import { checkDataFolder, tasksInFolder } from "../validate/dataFolder.ts";
import { resultsProblems } from "../validate/results.ts";
import { suiteProblems } from "../validate/suite.ts";

/** `pnpm bench validate`: checks a suite, results or a data folder without running anything. */
export const validate: Command = {
  name: "validate",
  description:
    "Checks a suite's file, a result.json, all results below a folder, or a folder of GLUE's files, without running anything",
  example: "pnpm bench validate benchmarks/glue/suite.json",
  options: {
    path: {
      type: "positional",
      required: false,
      description: "Suite file, result file, folder of results or data folder; the GLUE suite where absent",
    },
  },
  run: async (options, context) => {
    const path = resolve(options.positionals[0] ?? suiteFile(context.projectFolder, "glue"));
    const kind = await kindOf(path);
    const { problems, document, text } = await check(path, kind);
    const shown = relative(process.cwd(), path) || path;
    const isValid = problems.length === 0;
    return {
      exitCode: isValid ? 0 : 1,
      document: { path, kind, valid: isValid, problems, ...document },
      text: [...problems, ...(isValid ? [`${shown}: nothing wrong (${kind})`] : []), ...text].join("\n"),
    };
  },
};

type Kind = "suite" | "result" | "results" | "data";

interface Checked {
  /** A sentence for each thing that is wrong. */
  readonly problems: readonly string[];
  /** What else is known: for the JSON document, and as lines of text. */
  readonly document: object;
  readonly text: readonly string[];
}

/** @throws {UsageError} where there is nothing that can be checked: to find nothing wrong with it would be no answer */
async function kindOf(path: string): Promise<Kind> {
  const found = await stat(path).catch(() => null);
  if (found === null) {
    throw new UsageError(
      `Found nothing at ${path}; expected a suite's file, a result.json, a folder of results or a data folder.`,
    );
  }
  if (!found.isDirectory()) return basename(path) === "result.json" ? "result" : "suite";
  const names = await readdir(path, { recursive: true });
  if (names.some((name) => ["result.json", "events.jsonl"].includes(basename(name)))) return "results";
  if ((await tasksInFolder(path)).length > 0) return "data";
  throw new UsageError(
    `Found neither results nor data in ${path}; expected result.json files at or below it, or folders of GLUE's tasks ` +
      "such as SST-2 in it. Run `pnpm bench glue` first, or name another folder.",
  );
}

async function check(path: string, kind: Kind): Promise<Checked> {
  if (kind === "results") {
    const { problems, runs } = await resultsProblems(path);
    return { problems, document: { runs }, text: [`${runs} runs with a result`] };
  }
  if (kind === "data") {
    const { problems, ...checked } = await checkDataFolder(path);
    return { problems, document: checked, text: dataLines(checked) };
  }
  try {
    const problems = kind === "suite" ? suiteProblems(await loadSuite(path), path) : [];
    if (kind === "result") parseResult(await readFile(path, "utf8"), path);
    return { problems, document: {}, text: [] };
  } catch (error) {
    if (error instanceof FormatError) return { problems: [error.message], document: {}, text: [] };
    throw error;
  }
}

function dataLines({ tasks, absent }: Omit<CheckedDataFolder, "problems">): readonly string[] {
  const rows = tasks.map(({ id, source, revision, checksum, files }) => [
    id,
    files.map(({ split, rows: count }) => `${split} ${count.toLocaleString("en-US")}`).join(", "),
    revision === null ? source : `${source} at ${revision.slice(0, 12)}`,
    checksum.slice(0, 12),
  ]);
  return [
    ...(rows.length > 0 ? ["", formatTable(["task", "rows", "source", "sha256"], rows)] : []),
    ...tasks.flatMap(({ id, warnings }) => warnings.map((warning) => `${id}: ${warning}`)),
    ...(absent.length > 0 ? [`not there: ${absent.join(", ")}`] : []),
  ];
}
