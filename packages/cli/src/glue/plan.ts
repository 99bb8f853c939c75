import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import type { GridPlan } from "@peftbench/harness";
import { openCaches, readSourceState } from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import { cacheFolder } from "@peftbench/runtime";
import { allTasks } from "@peftbench/tasks";
import type { CommandContext } from "../command.ts";
import type { GivenOptions } from "../options/parse.ts";
import { UsageError } from "../options/usageError.ts";
import { listOf, oneOf, seedList, wholeNumber } from "../options/values.ts";
import { readTasks } from "./data.ts";
import type { AdapterSearch, ChosenDevice } from "./device.ts";
import { chooseDevice, deviceOption } from "./device.ts";
import { dataFolderHere, modelsHere } from "./hub.ts";
import { configureMethods } from "./methods.ts";
import { readModels } from "./model.ts";
import { chooseSources } from "./sources.ts";

/**
 * Everything that decides what a call of `glue` runs, checked before anything does.
 * @throws {UsageError} for a wrong option, a model that cannot be loaded, data that cannot be read
 */
export async function planGlue(
  options: GivenOptions,
  context: CommandContext,
  search: AdapterSearch,
): Promise<{ readonly grid: GridPlan; readonly device: ChosenDevice }> {
  const taskText = options.text("tasks");
  const everyTask = allTasks.map(({ id }) => id);
  const taskIds = taskText === undefined ? undefined : listOf("--tasks", taskText, everyTask);
  const {
    suite,
    data,
    models: chosenModels,
    notices,
  } = await chooseSources(
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
  const asked = deviceOption(options.text("device"));
  const configured = configureMethods(
    methods.filter((method) => chosenMethods.includes(method.id)),
    suite,
    preset,
    options,
  );
  for (const notice of notices) context.say(notice);
  const access = {
    cacheFolder: cacheFolder(context.environment),
    environment: context.environment,
    offline: options.flag("offline"),
    say: context.say,
  };
  const models = await readModels(await modelsHere(chosenModels, access));
  const dataFolder = await dataFolderHere(data, chosenTasks, access);
  const tasks = await readTasks(chosenTasks, dataFolder, openCaches(context.environment).examples);
  const device = await chooseDevice(asked, context.say, search);
  if (device.executor === "cpu" && configured.some(({ training }) => training.frozenWeights === "f16")) {
    throw new UsageError(
      "--frozen-weights: found f16, which is for WebGPU; the device is cpu. Use f32, or --device webgpu.",
    );
  }
  const grid: GridPlan = {
    models,
    tasks,
    // In the order in which they were asked for.
    methods: chosenMethods.flatMap((id) => configured.filter((method) => method.id === id)),
    seeds,
    dataFolder,
    outFolder: outFolderOf(options, context),
    executor: device.executor,
    adapter: device.adapter,
    threads,
    sources: await readSourceState(context.projectFolder),
    force: options.flag("force"),
    notices,
  };
  return { grid, device };
}

/** A given folder counts from where the caller stands; the default one lies in the project. */
function outFolderOf(options: GivenOptions, context: CommandContext): string {
  const out = options.text("out");
  return out === undefined ? join(context.projectFolder, "results") : resolve(out);
}
