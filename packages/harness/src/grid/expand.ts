import type { TrainingConfig } from "../config.ts";
import type { SourceState } from "../environment.ts";
import { RESULT_VERSION, runId } from "../identity.ts";
import type { ExecutorKind } from "../result/schema.ts";
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

/** One method of the grid, with all its settings. */
export interface GridMethod {
  readonly id: string;
  readonly training: TrainingConfig;
  readonly config: CellSpec["cell"]["config"]["method"];
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
  /** What was taken in place of what was not at hand, in full sentences. */
  readonly notices: readonly string[];
}

/**
 * Every cell of model x task x seed x method. Methods vary fastest, so that a grid that is stopped half-way has
 * compared the methods on something.
 */
export function expandGrid(plan: GridPlan): readonly CellSpec[] {
  return plan.models.flatMap((model) =>
    plan.tasks.flatMap((task) =>
      plan.seeds.flatMap((seed) => plan.methods.map((method) => makeSpec(plan, model, task, seed, method))),
    ),
  );
}

function makeSpec(
  plan: GridPlan,
  model: GridModel,
  task: GridTask,
  seed: number,
  method: GridMethod,
): CellSpec {
  const cell: CellSpec["cell"] = {
    suite: task.suite,
    model: model.name,
    method: method.id,
    task: task.id,
    seed,
    config: { training: method.training, method: method.config },
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
    ...checksums,
    modelFolder: model.folder,
    dataFolder: plan.dataFolder,
    runFolder: runPaths(plan.outFolder, cell, id).folder,
    executor: plan.executor,
    adapter: plan.adapter,
    measuredMemory: null,
    notices: [...plan.notices],
    warnings: [],
    threads: plan.threads,
    sources: plan.sources,
    force: plan.force,
  };
}
