import { dirname, join } from "node:path";
import type { CellReport, CellSpec } from "@peftbench/harness";
import {
  abortOnSignals,
  createProgress,
  exitCodeOf,
  expandGrid,
  finishedResult,
  runGrid,
  runtimeCommand,
} from "@peftbench/harness";
import { writeReport } from "@peftbench/report";
import type { Command, CommandContext, CommandResult } from "../command.ts";
import { createAdapterSearch } from "../glue/device.ts";
import { glueOptions } from "../glue/options.ts";
import { outFolderOf, planGlue } from "../glue/plan.ts";
import { proberFor } from "../glue/probe.ts";
import { runtimeFor } from "../glue/runtime.ts";
import { formatSummaries, summarizeReports } from "../glue/summary.ts";
import type { GivenOptions } from "../options/parse.ts";
import { formatTable } from "../table.ts";

/** `pnpm bench glue`: fine-tunes on the tasks of a suite and writes results and a page. */
export const glue: Command = {
  name: "glue",
  description:
    "Fine-tunes models on GLUE or on tasks that come along, each method with each seed, and writes results and a page",
  example: "pnpm bench glue --tasks sst2 --methods lora,full --model ./minilm --data ./glue --preset quick",
  options: glueOptions,
  run: async (options, context) => {
    const runtime = runtimeFor(options.text("runtime"), context.projectFolder);
    const search = createAdapterSearch();
    const { grid, device } = await planGlue(options, context, search);
    const specs = expandGrid(grid);
    if (options.flag("dry-run")) return describePlan(specs);
    const command = runtimeCommand(runtime, context.projectFolder);
    const signal = abortOnSignals();
    const prepare =
      device.executor === "cpu" && !options.flag("no-probe")
        ? await proberFor(command, signal, context, search)
        : undefined;
    const reports = await runGrid(specs, {
      command,
      entryFile: join(context.projectFolder, "packages/cli/src/cellProcess.ts"),
      workingFolder: context.projectFolder,
      environment: device.environment,
      ...(prepare === undefined ? {} : { prepare }),
      listener: createProgress(context.errorOutput, () => performance.now()),
      signal,
    });
    return describeRun(reports, options, context);
  },
};

async function describePlan(specs: readonly CellSpec[]): Promise<CommandResult> {
  const cells = [];
  for (const spec of specs) {
    const finished = (await finishedResult(spec)) !== null;
    cells.push({ id: spec.id, cell: spec.cell, runFolder: spec.runFolder, finished });
  }
  const rows = cells.map(({ id, cell, finished }) => [
    ...[cell.model, cell.task, cell.method, String(cell.seed), id.slice(0, 8)],
    finished ? "finished" : "to run",
  ]);
  const first = specs[0];
  const runs = first === undefined ? "" : `\n\nTraining of the first: ${JSON.stringify(first.cell.config)}`;
  return {
    exitCode: 0,
    document: { dryRun: true, cells },
    text: `${formatTable(["model", "task", "method", "seed", "id", ""], rows)}${runs}`,
  };
}

async function describeRun(
  reports: readonly CellReport[],
  options: GivenOptions,
  context: CommandContext,
): Promise<CommandResult> {
  const page = await makePage(reports, options, context);
  const rows = summarizeReports(reports);
  const bad = reports.filter(({ result }) => result?.status !== "ok").length;
  return {
    exitCode: page.failed ? 1 : exitCodeOf(reports),
    document: {
      cells: reports.map(({ spec, outcome, result }) => ({
        id: spec.id,
        cell: spec.cell,
        runFolder: spec.runFolder,
        outcome,
        status: result?.status ?? null,
        error: result?.error ?? null,
        metrics: result?.metrics ?? [],
      })),
      summary: rows,
      report: page.file,
    },
    text: [
      formatSummaries(rows),
      ...(page.file === null ? [] : [`\nThe page: ${page.file}`]),
      ...(bad > 0
        ? [`${bad} of ${reports.length} runs have no good result: start the same command again.`]
        : []),
    ].join("\n"),
  };
}

/** Makes the page of this call's runs. A page that fails is said, and costs no result. */
async function makePage(
  reports: readonly CellReport[],
  options: GivenOptions,
  context: CommandContext,
): Promise<{ readonly file: string | null; readonly failed: boolean }> {
  const folders = reports.filter(({ result }) => result !== null).map(({ spec }) => spec.runFolder);
  if (folders.length === 0) return { file: null, failed: false };
  // Beside the runs of its suite; a page of several suites stands above them.
  const [suiteFolder, ...others] = new Set(folders.map((folder) => dirname(folder)));
  const pageFolder =
    suiteFolder === undefined || others.length > 0
      ? join(outFolderOf(options, context), "runs")
      : suiteFolder;
  const file = join(pageFolder, "report.html");
  try {
    await writeReport(folders, file, { generatedAt: new Date().toISOString() });
    return { file, failed: false };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    context.say(`error: the page was not made: ${reason} The results are whole; try \`pnpm bench report\`.`);
    return { file: null, failed: true };
  }
}
