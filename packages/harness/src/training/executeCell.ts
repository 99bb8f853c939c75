import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { PeftMethod } from "@peftbench/peft";
import { countParameters } from "@peftbench/peft";
import type { ChoiceTask, TaskDefinition } from "@peftbench/tasks";
import type { CellSpec } from "../grid/cellSpec.ts";
import type { CellContext, CellOutcome, ExecuteCell } from "../grid/executeCell.ts";
import { prepareChoiceCell } from "../reasoning/prepareChoice.ts";
import type { MeasuredMemory } from "../result/measuredMemory.ts";
import { median } from "../statistics/median.ts";
import type { PreparedCell } from "./assemble.ts";
import type { CellDevice, OpenDevice } from "./cellDevice.ts";
import {
  overheadBytes,
  parameterRoles,
  peakOf,
  phasesOf,
  plannedForCompiled,
  trainingPhase,
} from "./measure.ts";
import { stageGraphs } from "./memory.ts";
import { named } from "./named.ts";
import type { CellPlanned } from "./planCell.ts";
import { planCell, requireRoom } from "./planCell.ts";
import { prepareCell } from "./prepare.ts";
import { CHECKPOINT_FILE } from "./progressState.ts";
import { scoreBaselines, scoreModel } from "./score.ts";
import { describeSelection } from "./selection.ts";
import { describeStages } from "./stages.ts";
import { resume, train } from "./steps.ts";
import { answerHiddenSplits } from "./submission.ts";
import { Trainer } from "./trainer.ts";

/** What the harness is given, so that it names no method, no task and no device. */
export interface Registries {
  readonly methods: readonly PeftMethod[];
  readonly tasks: readonly TaskDefinition[];
  readonly choiceTasks: readonly ChoiceTask[];
  readonly openDevice: OpenDevice;
}

/** The real `ExecuteCell`: fine-tunes one model with one method on one task and evaluates it. */
export function createExecuteCell(registries: Registries): ExecuteCell {
  return async (context) => {
    const { spec, emit, record } = context;
    const method = named(registries.methods, spec.cell.method, "method");
    emit({ type: "phase", phase: "load", stepsTotal: null });
    const prepared = await prepareAny(registries, spec, method);
    const { training } = spec.cell.config;
    const { counts, attachment, model, buckets } = prepared;
    record({ parameters: counts, data: prepared.data, weights: prepared.weights });
    for (const message of prepared.warnings) emit({ type: "warning", message });
    const graphs = attachment.stages.flatMap((stage) =>
      stageGraphs(model, stage, training, buckets.slice(-1)),
    );
    const { executor, adapter, threads } = spec;
    const device = await registries.openDevice({
      executor,
      adapter,
      threads,
      roleOf: parameterRoles(graphs),
    });
    try {
      record({ executorVersion: device.executor.description, adapter: device.adapter });
      const planned = planCell(spec, prepared, device.profile);
      record({ memory: planned.memory });
      requireRoom(spec, prepared, method, device, planned);
      return await trainAndEvaluate(context, prepared, device, planned);
    } finally {
      await device.dispose();
    }
  };
}

/** Prepares a cell as its kind of task has it. @throws {Error} where no task has the name */
export function prepareAny(
  { tasks, choiceTasks }: Pick<Registries, "tasks" | "choiceTasks">,
  spec: CellSpec,
  method: PeftMethod,
): Promise<PreparedCell> {
  const choice = choiceTasks.find(({ id }) => id === spec.cell.task);
  return choice === undefined
    ? prepareCell(spec, named(tasks, spec.cell.task, "task"), method)
    : prepareChoiceCell(spec, choice, method);
}

async function trainAndEvaluate(
  context: CellContext,
  prepared: PreparedCell,
  device: CellDevice,
  planned: CellPlanned,
): Promise<CellOutcome> {
  const { spec, emit, nowMs } = context;
  const { training } = spec.cell.config;
  let compileMs = 0;
  emit({ type: "phase", phase: "compile", stepsTotal: prepared.totalSteps });
  const ledger = device.measurement?.ledger;
  const measurements: MeasuredMemory[] = [];
  let stepsHere = 0;
  const measureStage = (trainer: Trainer): void => {
    const measured = measuredInStage(prepared, device, trainer, stepsHere);
    if (measured !== null) measurements.push(measured);
  };
  const trainer = await Trainer.create({
    executor: device.executor,
    model: prepared.model,
    attachment: prepared.attachment,
    base: prepared.base,
    spectra: prepared.spectra,
    training,
    seed: spec.cell.seed,
    totalSteps: prepared.totalSteps,
    onCompile: (ms) => {
      compileMs += ms;
    },
    nowMs,
    onStageStart: (stage) => ledger?.beginPhase(trainingPhase(stage)),
    onStageEnd: (ending) => {
      measureStage(ending);
      // Values travel through the host, which takes staging memory that no step needs.
      ledger?.beginPhase("stage border");
    },
  });
  try {
    const started = await resume(context, trainer);
    emit({ type: "phase", phase: "train", stepsTotal: prepared.totalSteps });
    ledger?.beginPhase(trainingPhase(trainer.stage));
    const { progress, best } = await train(context, prepared, trainer, started, () => compileMs, ledger);

    stepsHere = progress.stepsDone - started.progress.stepsDone;
    measureStage(trainer);
    const { stepsDone, selection } = progress;
    if (best !== null && selection.best !== null && selection.best.step !== stepsDone) {
      ledger?.beginPhase("best evaluation");
      await trainer.restoreAdapted(best, selection.best.step);
    }
    ledger?.beginPhase("eval");
    emit({ type: "phase", phase: "evaluate", stepsTotal: prepared.totalSteps });
    const evalStarted = nowMs();
    const compiledBefore = compileMs;
    const described = describeSelection(selection, prepared, training, stepsDone);
    const scores = await scoreModel(context, prepared, trainer, described?.reportedStep ?? stepsDone);
    const evalMs = nowMs() - evalStarted - (compileMs - compiledBefore);
    const submitted = await answerHiddenSplits(context, prepared, trainer);
    await rm(join(context.folder, CHECKPOINT_FILE), { force: true });
    return {
      ...scores,
      selection: described,
      baselines: scoreBaselines(spec.purpose, prepared),
      // Of the steps that were done, which early stopping may have made fewer.
      parameters: countParameters(prepared.model, prepared.attachment, stepsDone),
      memory: planned.memory,
      measuredMemory: inRun(measurements, device) ?? spec.measuredMemory,
      time: {
        trainMs: progress.trainMs,
        evalMs,
        compileMs: progress.compileMs + compileMs,
        stepMsMedian: median(progress.stepMs),
        stepsTotal: progress.stepsDone,
        stepsSkipped: progress.stepsSkipped,
        tokensPerSecond: progress.trainMs === 0 ? null : (progress.tokensTrained / progress.trainMs) * 1000,
        tokensTrained: progress.tokensTrained,
      },
      stages: describeStages({ ...prepared, memory: planned.stages, stepMs: progress.stepMs }),
      rankHistory: progress.rankHistory,
      lossSummary: { first: progress.firstLoss, last: progress.lastLoss },
      data: prepared.data,
      weights: prepared.weights,
      ...submitted,
      executorVersion: device.executor.description,
      adapter: device.adapter,
    };
  } finally {
    await trainer.dispose();
  }
}

/** What the ledger of a run saw in a stage; null where nothing was measured, or no step of the stage ran here. */
function measuredInStage(
  { buckets }: PreparedCell,
  device: CellDevice,
  trainer: Trainer,
  steps: number,
): MeasuredMemory | null {
  const planned = plannedForCompiled(trainer, device);
  if (device.measurement === null || planned === null) return null;
  const report = device.measurement.ledger.report();
  const { plan, overhead } = planned;
  const { training, stage } = trainer;
  return {
    source: "run",
    adapter: device.adapter ?? "unknown",
    stage: stage.name,
    steps,
    batchRows: training.batchSize / training.accumulationSteps,
    length: buckets.at(-1) as number,
    reserved: {
      measuredBytes: peakOf(report, trainingPhase(stage)),
      plannedBytes: plan.peakReservedBytes + overheadBytes(overhead),
    },
    live: null,
    overhead,
    phases: [],
    lossDifference: null,
  };
}

/** Of all stages, the one for which most was reserved, with the peaks of the whole run. */
function inRun(measurements: readonly MeasuredMemory[], { measurement }: CellDevice): MeasuredMemory | null {
  const [highest] = measurements.toSorted((a, b) => b.reserved.measuredBytes - a.reserved.measuredBytes);
  if (highest === undefined || measurement === null) return null;
  return { ...highest, phases: phasesOf(measurement.ledger.report()) };
}
