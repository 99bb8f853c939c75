import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import type { GridPlan, SearchConfig, Suite, SuitePreset } from "@peftbench/harness";
import { openCaches, readSourceState } from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import { cacheFolder } from "@peftbench/runtime";
import { testSplitsOf } from "@peftbench/tasks";
import type { CommandContext } from "../command.ts";
import { isFolder } from "../options/folders.ts";
import type { GivenOptions } from "../options/parse.ts";
import { UsageError } from "../options/usageError.ts";
import { listOf, oneOf, seedList, wholeNumber } from "../options/values.ts";
import type { Assignments } from "./assignments.ts";
import { assignSearch, parseAssignments } from "./assignments.ts";
import type { AdapterSearch, ChosenDevice } from "./device.ts";
import { chooseDevice, deviceOption } from "./device.ts";
import type { TaskFamily } from "./family.ts";
import { dataFolderHere, modelsHere } from "./hub.ts";
import { configureMethods } from "./methods.ts";
import { readModels } from "./model.ts";

/** A call of `glue`, worked out. */
export interface GluePlan {
  readonly grid: GridPlan;
  readonly device: ChosenDevice;
  /** Under the regime `tuned`; null where methods run with the settings that they are given. */
  readonly search: SearchConfig | null;
  /** Folders of results whose finished runs are taken over. */
  readonly reuse: readonly string[];
}

/**
 * Everything that decides what a call of `glue` runs, checked before anything does.
 * @throws {UsageError} for a wrong option, a model that cannot be loaded, data that cannot be read
 */
export async function planGlue(
  options: GivenOptions,
  context: CommandContext,
  search: AdapterSearch,
  family: TaskFamily,
): Promise<GluePlan> {
  const taskText = options.text("tasks");
  const taskIds = taskText === undefined ? undefined : listOf("--tasks", taskText, family.tasks);
  const {
    suite,
    data,
    models: chosenModels,
    notices,
  } = await family.sources(
    {
      data: options.text("data"),
      dataVariable: context.environment.PEFTBENCH_DATA,
      tasks: taskIds,
      model: options.text("model"),
    },
    context.projectFolder,
  );
  const presetName = oneOf(
    "--preset",
    options.text("preset") ?? suite.defaultPreset,
    Object.keys(suite.presets),
  );
  const preset = suite.presets[presetName] as NonNullable<(typeof suite.presets)[string]>;
  // What costs nothing to check comes first: nobody should wait for a checksum to hear of a misspelt task.
  const known = methods.map((method) => method.id);
  const methodIds = options.text("methods");
  const chosenMethods = methodIds === undefined ? preset.methods : listOf("--methods", methodIds, known);
  const chosenTasks = taskIds ?? preset.tasks;
  const seedText = options.text("seeds");
  const seeds = seedText === undefined ? preset.seeds : seedList("--seeds", seedText);
  const threadText = options.text("threads");
  const threads = threadText === undefined ? availableParallelism() : wholeNumber("--threads", threadText, 1);
  const submission = options.flag("submission");
  if (submission && chosenTasks.every((task) => testSplitsOf(task).length === 0)) {
    throw new UsageError(
      `--submission: found ${chosenTasks.join(", ")}, of which none has a hidden test split; expected a task of GLUE, such as --tasks sst2 with --data.`,
    );
  }
  const asked = deviceOption(options.text("device"));
  // In the order in which they were asked for.
  const inOrder = chosenMethods.flatMap((id) => methods.filter((method) => method.id === id));
  const assignments = parseAssignments(options.text("set"), inOrder);
  const configured = configureMethods(inOrder, { suite, preset, tasks: chosenTasks, options, assignments });
  const tuned = searchOf(options, suite, preset, assignments);
  const reuse = await reuseFolders(options);
  for (const notice of notices) context.say(notice);
  const access = {
    cacheFolder: cacheFolder(context.environment),
    environment: context.environment,
    offline: options.flag("offline"),
    say: context.say,
  };
  const models = await readModels(await modelsHere(chosenModels, access));
  const dataFolder = await dataFolderHere(data, chosenTasks, access, submission);
  const { examples } = openCaches(context.environment);
  const tasks = await family.readTasks(chosenTasks, dataFolder, examples);
  const device = await chooseDevice(asked, context.say, search);
  if (device.executor === "cpu" && usesHalfWeights(configured)) {
    throw new UsageError(
      "--frozen-weights: found f16, which is for WebGPU; the device is cpu. Use f32, or --device webgpu.",
    );
  }
  const grid: GridPlan = {
    models,
    tasks,
    methods: configured,
    seeds,
    dataFolder,
    outFolder: outFolderOf(options, context),
    executor: device.executor,
    adapter: device.adapter,
    threads,
    sources: await readSourceState(context.projectFolder),
    force: options.flag("force"),
    submission,
    notices,
  };
  return { grid, device, search: tuned, reuse };
}

/** @throws {UsageError} where there is nothing to search by, or where only a search could use what is given */
function searchOf(
  options: GivenOptions,
  suite: Suite,
  preset: SuitePreset,
  assignments: Assignments,
): SearchConfig | null {
  const regime = oneOf("--regime", options.text("regime") ?? "shared", ["shared", "tuned"]);
  const trials = options.text("trials");
  if (regime === "shared") {
    const [assigned] = assignments.search.keys();
    const unused =
      trials !== undefined ? "--trials" : assigned === undefined ? null : `--set search.${assigned}`;
    if (unused === null) return null;
    throw new UsageError(
      `${unused}: found beside the regime shared, which searches nothing. Add --regime tuned.`,
    );
  }
  const search = preset.search ?? suite.search;
  if (search === undefined) {
    throw new UsageError(
      `--regime: found tuned, for which the suite ${suite.name} has no search; expected "search" in its file, or in the preset.`,
    );
  }
  const assigned = new Map(assignments.search);
  if (trials !== undefined) {
    if (assigned.has("trials")) {
      throw new UsageError("--set: found search.trials, which --trials gives too; give it once.");
    }
    assigned.set("trials", wholeNumber("--trials", trials, 1));
  }
  return assignSearch(search, assigned);
}

/** @throws {UsageError} for a folder that is not there, and beside --force */
async function reuseFolders(options: GivenOptions): Promise<readonly string[]> {
  const text = options.text("reuse");
  if (text === undefined) return [];
  if (options.flag("force")) {
    throw new UsageError(
      "--reuse: found beside --force, which runs every cell again; leave one of them out.",
    );
  }
  const folders = text.split(",").map((folder) => resolve(folder.trim()));
  for (const folder of folders) {
    if (await isFolder(folder)) continue;
    throw new UsageError(
      `--reuse: found no folder ${folder}; expected one with results of \`pnpm bench glue\`.`,
    );
  }
  return folders;
}

function usesHalfWeights(methods: GridPlan["methods"]): boolean {
  return methods
    .flatMap((method) => [method, ...Object.values(method.byTask ?? {})])
    .some(({ training }) => training.frozenWeights === "f16");
}

/** A given folder counts from where the caller stands; the default one lies in the project. */
function outFolderOf(options: GivenOptions, context: CommandContext): string {
  const out = options.text("out");
  return out === undefined ? join(context.projectFolder, "results") : resolve(out);
}
