/**
 * Runs the suite `evidence.json` with one model on the CPU. `pnpm bench glue` cannot: it keeps GLUE and other tasks
 * apart, and has one configuration a method. Finished runs are not run again; `pnpm bench report OUT` makes the page.
 *
 *   tsx benchmarks/bundled/runEvidence.ts --model MODEL_FOLDER --data GLUE_FOLDER --out OUT [--preset standard]
 *     [--methods full,lora,lamda,lamda-random] [--tasks sst2,stsb,mrpc,spam] [--seeds 0,1,2]
 *     [--learning-rate method=x,...] [--threads N]
 */
import { availableParallelism } from "node:os";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { GridMethod, GridModel, GridTask, SuitePreset } from "@peftbench/harness";
import {
  abortOnSignals,
  createProgress,
  currentRuntime,
  exitCodeOf,
  expandGrid,
  modelSettingsChecksum,
  readSourceState,
  runGrid,
  runtimeCommand,
  trainingFor,
} from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import { openCheckpoint } from "@peftbench/models";
import { findTask, loadTask } from "@peftbench/tasks";
import { loadEvidenceSuite, variantsOf } from "./variants.ts";

const projectFolder = resolve(import.meta.dirname, "../..");

async function readModel(folder: string): Promise<GridModel> {
  const checkpoint = await openCheckpoint(folder);
  try {
    const weightsChecksum = await checkpoint.checksum();
    return {
      name: basename(folder),
      folder,
      weightsChecksum,
      settingsChecksum: await modelSettingsChecksum(folder),
    };
  } finally {
    await checkpoint.close();
  }
}

async function readTask(id: string, dataFolder: string): Promise<GridTask> {
  const task = findTask(id);
  const { provenance } = await loadTask(task, { dataFolder });
  return { id, suite: task.suite, checksum: provenance.checksum };
}

/** @param rates `lora=1e-3,lamda=3e-3` */
async function readMethods(
  preset: SuitePreset,
  names: readonly string[],
  rates: string,
): Promise<GridMethod[]> {
  const suite = await loadEvidenceSuite();
  const byName = new Map(rates.split(",").map((pair) => pair.split("=") as [string, string]));
  return variantsOf(suite, methods)
    .filter(({ name }) => names.includes(name))
    .map(({ name, method, config }) => {
      const rate = byName.get(name);
      const own = rate === undefined ? {} : { learningRate: Number(rate) };
      return { id: method, config, training: trainingFor(suite, preset, name, [own]) };
    });
}

/** The chosen ones in the order of `all`. @throws {RangeError} for one that there is not */
function choose(option: string, given: string | undefined, all: readonly string[]): readonly string[] {
  const chosen = given?.split(",") ?? all;
  const strange = chosen.find((name) => !all.includes(name));
  if (strange !== undefined)
    throw new RangeError(`${option}: found ${strange}; there are ${all.join(", ")}.`);
  return all.filter((name) => chosen.includes(name));
}

const text = { type: "string" } as const;
const { values } = parseArgs({
  options: {
    ...{ model: text, data: text, out: text, preset: text, methods: text, tasks: text, seeds: text },
    ...{ "learning-rate": text, threads: text },
  },
});
const { model, data, out } = values;
if (model === undefined || data === undefined || out === undefined) {
  throw new RangeError("Expected --model MODEL_FOLDER --data GLUE_FOLDER --out OUT.");
}
const suite = await loadEvidenceSuite();
const presetName = values.preset ?? suite.defaultPreset;
const preset = suite.presets[presetName];
if (preset === undefined) {
  throw new RangeError(`--preset: found ${presetName}; there are ${Object.keys(suite.presets).join(", ")}.`);
}
const dataFolder = resolve(data);
const tasks = choose("--tasks", values.tasks, preset.tasks);
const specs = expandGrid({
  models: [await readModel(resolve(model))],
  tasks: await Promise.all(tasks.map((id) => readTask(id, dataFolder))),
  methods: await readMethods(
    preset,
    choose("--methods", values.methods, preset.methods),
    values["learning-rate"] ?? "",
  ),
  seeds: values.seeds?.split(",").map(Number) ?? preset.seeds,
  dataFolder,
  outFolder: resolve(out),
  executor: "cpu",
  adapter: null,
  threads: values.threads === undefined ? availableParallelism() : Number(values.threads),
  sources: await readSourceState(projectFolder),
  force: false,
  notices: [],
});
const { isTTY, columns } = process.stderr;
const progress = {
  isTerminal: isTTY === true,
  columns: columns ?? 80,
  write: (line: string) => void process.stderr.write(line),
};
const reports = await runGrid(specs, {
  command: runtimeCommand(currentRuntime().name, projectFolder),
  entryFile: join(projectFolder, "packages/cli/src/cellProcess.ts"),
  workingFolder: projectFolder,
  environment: {},
  listener: createProgress(progress, () => performance.now()),
  signal: abortOnSignals(),
});
process.exitCode = exitCodeOf(reports);
