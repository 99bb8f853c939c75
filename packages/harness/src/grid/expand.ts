import { testSplitsOf } from "@peftbench/tasks";
import type { TrainingConfig } from "../config.ts";
import type { SourceState } from "../environment.ts";
import { RESULT_VERSION, runId } from "../identity.ts";
import type { ExecutorKind } from "../result/schema.ts";
import { requireSelectable } from "../selectionConfig.ts";
import { runPaths } from "../store/runFolder.ts";
import type { CellSpec } from "./cellSpec.ts";

/** One base model of the grid. */
export interface GridModel {
  readonly name: string;
  readonly folder: string;
  readonly weightsChecksum: string;
  readonly settingsChecksum: string;
}

/** One task of the grid. */
export interface GridTask {
  readonly id: string;
  /** What its results are kept and titled under: `glue`. */
  readonly suite: string;
  /** sha256 of its files. */
  readonly checksum: string;
}

/** What a method is run with: every value, defaults filled in. */
export interface GridSettings {
  readonly training: TrainingConfig;
  readonly config: CellSpec["cell"]["config"]["method"];
}

/** One method of the grid, with all its settings. */
export interface GridMethod extends GridSettings {
  readonly id: string;
  /** In their place on single tasks, by the tasks' ids. */
  readonly byTask?: Readonly<Record<string, GridSettings>>;
}

/** What a method is run with on a task. */
export function settingsOn(method: GridMethod, task: string): GridSettings {
  return method.byTask?.[task] ?? method;
}

/** The axes of a grid, and what all its cells share. */
export interface GridPlan {
  readonly models: readonly GridModel[];
  readonly tasks: readonly GridTask[];
  readonly methods: readonly GridMethod[];
  readonly seeds: readonly number[];
  /** Null where no task needs one. */
  readonly dataFolder: string | null;
  readonly outFolder: string;
  readonly executor: ExecutorKind;
  readonly adapter: CellSpec["adapter"];
  readonly threads: number;
  readonly sources: SourceState | null;
  readonly force: boolean;
  /** Whether hidden test splits are answered too, of tasks that have any; absent: no. */
  readonly submission?: boolean;
  /** What was taken in place of what was not at hand, in full sentences. */
  readonly notices: readonly string[];
}

/**
 * Every cell of model x task x seed x method. Methods vary fastest, so that a grid that is stopped half-way has
 * compared the methods on something.
 * @throws {SelectionConfigError}
 */
export function expandGrid(plan: GridPlan): readonly CellSpec[] {
  return plan.models.flatMap((model) =>
    plan.tasks.flatMap((task) =>
      plan.seeds.flatMap((seed) =>
        plan.methods.map((method) =>
          makeSpec(plan, { model, task, seed, method: method.id, ...settingsOn(method, task.id) }),
        ),
      ),
    ),
  );
}

/** Where a cell stands in the grid, and what it is run with. */
export interface CellPlace extends GridSettings {
  readonly model: GridModel;
  readonly task: GridTask;
  readonly seed: number;
  /** Id of the method. */
  readonly method: string;
  /** `report` where absent. */
  readonly purpose?: CellSpec["purpose"];
  /** How the settings were chosen; null where absent: they were given. */
  readonly tuning?: CellSpec["tuning"];
}

/** @throws {SelectionConfigError} */
export function makeSpec(plan: GridPlan, place: CellPlace): CellSpec {
  const { model, task, seed, method, training, config, purpose = "report", tuning = null } = place;
  requireSelectable(training);
  const cell: CellSpec["cell"] = {
    suite: task.suite,
    model: model.name,
    method,
    task: task.id,
    seed,
    config: { training, method: config },
  };
  const checksums = { weightsChecksum: model.weightsChecksum, dataChecksum: task.checksum };
  const id = runId({
    resultVersion: RESULT_VERSION,
    modelSettingsChecksum: model.settingsChecksum,
    executor: plan.executor,
    cell,
    ...checksums,
  });
  return {
    id,
    cell,
    purpose,
    tuning,
    ...checksums,
    modelFolder: model.folder,
    dataFolder: plan.dataFolder,
    runFolder: runPaths(plan.outFolder, cell, id, purpose).folder,
    executor: plan.executor,
    adapter: plan.adapter,
    measuredMemory: null,
    notices: [...plan.notices],
    warnings: [],
    threads: plan.threads,
    sources: plan.sources,
    force: plan.force,
    // A trial is scored on held-out rows and nothing else: nobody hands its answers in.
    ...(plan.submission === true && purpose === "report" && testSplitsOf(task.id).length > 0
      ? { submission: true }
      : {}),
  };
}
