import { join } from "node:path";
import type { CellReport, CellSpec, ReusableRuns, RunResult, TrialGroup } from "@peftbench/harness";
import {
  abortOnSignals,
  createProgress,
  expandGrid,
  expandSearch,
  loadRuns,
  openCaches,
  recordTuning,
  reusableRuns,
  runGrid,
  runtimeCommand,
  SearchError,
  SelectionConfigError,
  takeRuns,
} from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import type { Command, CommandContext, CommandResult } from "../command.ts";
import { isFolder } from "../options/folders.ts";
import type { GivenOptions } from "../options/parse.ts";
import { UsageError } from "../options/usageError.ts";
import { publishedFrom } from "../publishedFigures.ts";
import { describeRun } from "./describeRun.ts";
import { createAdapterSearch } from "./device.ts";
import { describeDryRun } from "./dryRun/dryRun.ts";
import { createCellPlanner } from "./dryRun/planCells.ts";
import type { TaskFamily } from "./family.ts";
import { glueOptions } from "./options.ts";
import type { GluePlan } from "./plan.ts";
import { planGlue } from "./plan.ts";
import { proberFor } from "./probe.ts";
import { reuseNotice } from "./reuseNotice.ts";
import { runtimeFor } from "./runtime.ts";
import type { RunCells } from "./tunedRun.ts";
import { runTuned } from "./tunedRun.ts";

/** What a command that runs a grid of cells is called and shows. */
type Introduction = Pick<Command, "name" | "description" | "example">;

/** A command that runs a family of tasks: each method with each seed on each, results, and a page. */
export function gridCommand(introduction: Introduction, family: TaskFamily): Command {
  return {
    ...introduction,
    options: glueOptions,
    run: async (options, context) => runFamily(family, options, context),
  };
}

async function runFamily(
  family: TaskFamily,
  options: GivenOptions,
  context: CommandContext,
): Promise<CommandResult> {
  const runtime = runtimeFor(options.text("runtime"), context.projectFolder);
  const published = await publishedFrom(options.text("published"), context);
  const search = createAdapterSearch();
  const plan = await planGlue(options, context, search, family);
  const { grid, device } = plan;
  const groups = expand(() => (plan.search === null ? [] : expandSearch(grid, plan.search)));
  const given = expand(() => expandGrid(grid));
  const reusable = await reusableRuns(plan.reuse);
  for (const warning of reusable.warnings) context.say(`--reuse: ${warning}`);
  if (options.flag("dry-run")) return dryRun(plan, groups, given, reusable, context);
  const command = runtimeCommand(runtime, context.projectFolder);
  const signal = abortOnSignals();
  const prepare =
    device.executor === "cpu" && !options.flag("no-probe")
      ? await proberFor(command, signal, context, search)
      : undefined;
  const runWith =
    (before: typeof prepare): RunCells =>
    async (specs) => {
      const found = await takeRuns(specs, reusable);
      if (plan.reuse.length > 0) context.say(reuseNotice(found, reusable));
      return runGrid(specs, {
        command,
        entryFile: join(context.projectFolder, "packages/cli/src/cellProcess.ts"),
        workingFolder: context.projectFolder,
        environment: device.environment,
        ...(before === undefined ? {} : { prepare: before }),
        listener: createProgress(context.errorOutput, () => performance.now()),
        signal,
      });
    };
  const { notices } = grid;
  if (plan.search === null) {
    await recordTuning(given);
    const reports: readonly CellReport[] = await runWith(prepare)(given);
    return describeRun({ reports, tuned: null, notices, published }, context);
  }
  const count = groups.reduce((sum, { trials }) => sum + trials.length, 0);
  context.say(
    `regime tuned: ${count} trials, ${plan.search.trials} of each method on each task, then the runs that are reported`,
  );
  // Nobody reads the memory of a trial.
  const run = { trials: runWith(undefined), chosen: runWith(prepare) };
  const { reports, ...tuned } = await runTuned(grid, plan.search, groups, run);
  return describeRun({ reports, tuned, notices, published }, context);
}

async function dryRun(
  { grid, search, reuse }: GluePlan,
  groups: readonly TrialGroup[],
  given: readonly CellSpec[],
  reusable: ReusableRuns,
  context: CommandContext,
) {
  const earlier: RunResult[] = [];
  for (const folder of [grid.outFolder, ...reuse]) {
    if (!(await isFolder(folder))) continue;
    earlier.push(...(await loadRuns(folder)).runs.map(({ result }) => result));
  }
  return describeDryRun({
    trials: groups.flatMap(({ trials }) => trials.map(({ spec }) => spec)),
    reported: given,
    isSearched: search !== null,
    notices: grid.notices,
    reusable: reuse.length === 0 ? null : reusable,
    earlier,
    planCell: createCellPlanner(methods, openCaches(context.environment).examples),
  });
}

/** @throws {UsageError} for settings that do not go together */
function expand<Value>(make: () => Value): Value {
  try {
    return make();
  } catch (error) {
    if (error instanceof SearchError) throw new UsageError(error.message, { cause: error });
    if (!(error instanceof SelectionConfigError)) throw error;
    throw new UsageError(`${error.message} ${error.remedy}`, { cause: error });
  }
}
