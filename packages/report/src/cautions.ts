import type { RunResult } from "@peftbench/harness";
import type { TaskSummary } from "./aggregate.ts";
import { listInWords, plural } from "./format.ts";
import { groupBy } from "./groupBy.ts";
import { listPlaces, taskPlace } from "./origin.ts";
import type { SelectedRuns } from "./runs.ts";
import { trainingSettingsOf } from "./runs.ts";

/** What a reader should hold against the figures, a full sentence each; empty where nothing is known. */
export function cautions(selected: SelectedRuns, tasks: readonly TaskSummary[]): readonly string[] {
  const results = selected.rows.map(({ result }) => result);
  return [
    ...brokenRuns(results),
    ...fewSeeds(tasks),
    ...tasks.flatMap(unequalData),
    ...unequalSettings(tasks),
    ...unequalMachines(results),
    ...unequalSources(results),
    ...skippedSteps(results),
    ...replacedRuns(selected.replaced),
    ...runWarnings(results),
  ];
}

function brokenRuns(results: readonly RunResult[]): readonly string[] {
  const broken = results.filter(({ status }) => status !== "ok");
  if (broken.length === 0) return [];
  return [
    `${broken.length} of ${plural(results.length, "run")} did not finish; means are over those that did, which may flatter a method that fails on hard seeds.`,
  ];
}

function fewSeeds(tasks: readonly TaskSummary[]): readonly string[] {
  const counts = tasks.flatMap(({ methods }) =>
    methods.flatMap(({ scored }) => (scored > 0 ? [scored] : [])),
  );
  const fewest = Math.min(...counts);
  if (counts.length === 0 || fewest >= 5) return [];
  if (fewest === 1) {
    return ["One seed of a method has no deviation: nothing can be said of how it would do with another."];
  }
  return [
    `With ${plural(fewest, "seed")} a deviation is itself uncertain, and only large differences can be shown. Intervals of means cover the choice of seed, not the choice of dev examples.`,
  ];
}

function unequalData(task: TaskSummary): readonly string[] {
  const results = task.methods.flatMap(({ rows }) => rows.map(({ result }) => result));
  const data = new Set(
    results.flatMap(({ data: each }) => (each === null ? [] : [JSON.stringify([each.checksum, each.rows])])),
  );
  const weights = new Set(results.flatMap(({ weights: each }) => each?.checksum ?? []));
  const policies = new Set(task.methods.flatMap(({ savePolicies }) => savePolicies));
  const where = taskPlace(task);
  return [
    ...(data.size > 1 ? [`Runs on ${where} did not all use the same data: scores are not comparable.`] : []),
    ...(weights.size > 1 ? [`Runs on ${where} did not all start from the same weights.`] : []),
    ...(policies.size > 1
      ? [
          `Memory on ${where} is of different save policies (${[...policies].join(", ")}): bytes are not comparable.`,
        ]
      : []),
  ];
}

/** Tasks whose methods differ in the same settings, said together. */
function unequalSettings(tasks: readonly TaskSummary[]): readonly string[] {
  const differing = tasks.flatMap((task) => {
    const settings = differingSettings(task);
    return settings === null ? [] : [{ task, settings }];
  });
  return groupBy(differing, ({ settings }) => settings).map((group) => {
    const where = listPlaces(group.map(({ task }) => task));
    return `Methods on ${where} were not trained alike: ${group[0]?.settings}.`;
  });
}

/** Training settings that are not the same for all methods: `learningRate (lora 0.0005; full 0.00002)`; null: none. */
function differingSettings(task: TaskSummary): string | null {
  // By name, as the order by score would set tasks apart that have the same to say.
  const methods = task.methods.toSorted((a, b) => (a.method < b.method ? -1 : 1));
  const byMethod = methods.flatMap(({ method, rows: [first] }) => {
    if (first === undefined) return [];
    return [{ method, settings: trainingSettingsOf(first.result) }];
  });
  const keys = new Set(byMethod.flatMap(({ settings }) => [...settings.keys()]));
  const differing = [...keys].flatMap((key) => {
    const values = groupBy(byMethod, ({ settings }) => settings.get(key) ?? "unset");
    if (values.length < 2) return [];
    const groups = values.map((group) => {
      const value = group[0]?.settings.get(key) ?? "unset";
      return `${listInWords(group.map(({ method }) => method))} ${value}`;
    });
    return [`${key} (${groups.join("; ")})`];
  });
  return differing.length === 0 ? null : differing.join(", ");
}

function unequalMachines(results: readonly RunResult[]): readonly string[] {
  const machines = new Set(
    results.map(({ environment: { cpuModel, threads, adapter, executor, executorVersion, runtime } }) =>
      JSON.stringify([cpuModel, threads, adapter, executor, executorVersion, runtime]),
    ),
  );
  if (machines.size < 2) return [];
  return [
    `Runs were made on ${machines.size} different machines or set-ups: times are not comparable across them.`,
  ];
}

function unequalSources(results: readonly RunResult[]): readonly string[] {
  const commits = new Set(results.map(({ environment }) => environment.peftbenchCommit ?? "unknown"));
  const dirty = results.filter(({ environment }) => environment.worktreeDirty === true).length;
  return [
    ...(commits.size > 1 ? [`Runs were made by ${commits.size} different commits of peftbench.`] : []),
    ...(dirty > 0
      ? [
          `${plural(dirty, "run")} came out of a working tree with uncommitted changes: the commit alone does not give them again.`,
        ]
      : []),
  ];
}

function skippedSteps(results: readonly RunResult[]): readonly string[] {
  const skipping = results.filter(({ time }) => (time?.stepsSkipped ?? 0) > 0);
  if (skipping.length === 0) return [];
  const steps = skipping.reduce((sum, { time }) => sum + (time?.stepsSkipped ?? 0), 0);
  return [
    `${plural(steps, "step")} in ${plural(skipping.length, "run")} changed nothing: the gradient was not finite.`,
  ];
}

function replacedRuns(replaced: readonly RunResult[]): readonly string[] {
  if (replaced.length === 0) return [];
  return [
    `${plural(replaced.length, "older run")} of the same cell and configuration ${replaced.length === 1 ? "is" : "are"} left out; the latest of each counts.`,
  ];
}

function runWarnings(results: readonly RunResult[]): readonly string[] {
  const warnings = groupBy(
    results.flatMap(({ warnings: each }) => [...new Set(each)]),
    (warning) => warning,
  );
  return warnings.flatMap((group) => {
    const [text] = group;
    return text === undefined ? [] : [`${text} (in ${group.length} of ${plural(results.length, "run")})`];
  });
}
