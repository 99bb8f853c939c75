import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { PeftMethod } from "@peftbench/peft";
import type { Ledger } from "@peftbench/runtime";
import { assertFits, NonFiniteLossError } from "@peftbench/runtime";
import type { TaskDefinition } from "@peftbench/tasks";
import { makeBatch, planEpoch } from "@peftbench/tasks";
import { CheckpointError } from "../checkpoint.ts";
import type { CellContext, CellOutcome, ExecuteCell } from "../grid/executeCell.ts";
import { InterruptedError } from "../grid/executeCell.ts";
import type { MeasuredMemory } from "../result/measuredMemory.ts";
import { median } from "../statistics.ts";
import type { CellDevice, OpenDevice } from "./cellDevice.ts";
import { predict } from "./evaluate.ts";
import {
  overheadBytes,
  parameterRoles,
  peakOf,
  phasesOf,
  plannedForCompiled,
  trainingPhase,
} from "./measure.ts";
import { planTraining, stageGraphs } from "./memory.ts";
import { majorityBaseline, scorePredictions } from "./metrics.ts";
import { named } from "./named.ts";
import type { PreparedCell } from "./prepare.ts";
import { prepareCell } from "./prepare.ts";
import type { Progress } from "./progressState.ts";
import { CHECKPOINT_FILE, initialProgress, loadProgress, saveProgress } from "./progressState.ts";
import { Trainer } from "./trainer.ts";

/** What the harness is given, so that it names no method, no task and no device. */
export interface Registries {
  readonly methods: readonly PeftMethod[];
  readonly tasks: readonly TaskDefinition[];
  readonly openDevice: OpenDevice;
}

/** Training time between two checkpoints: what a killed run repeats at most. */
const CHECKPOINT_INTERVAL_MS = 60_000;

/** The real `ExecuteCell`: fine-tunes one model with one method on one task and evaluates it. */
export function createExecuteCell(registries: Registries): ExecuteCell {
  return async (context) => {
    const { spec, emit, record } = context;
    const { task: taskId, method: methodId } = spec.cell;
    const task = named(registries.tasks, taskId, "task");
    const method = named(registries.methods, methodId, "method");
    emit({ type: "phase", phase: "load", stepsTotal: null });
    const prepared = await prepareCell(spec, task, method);
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
      const { plan, memory } = planTraining(model, attachment, training, buckets, device.profile);
      record({ memory });
      assertFits(plan, device.memoryLimitBytes);
      return await trainAndEvaluate(context, prepared, device, memory);
    } finally {
      await device.dispose();
    }
  };
}

async function trainAndEvaluate(
  context: CellContext,
  prepared: PreparedCell,
  device: CellDevice,
  memory: CellOutcome["memory"],
): Promise<CellOutcome> {
  const { spec, emit, nowMs } = context;
  const { training } = spec.cell.config;
  const checkpointPath = join(context.folder, CHECKPOINT_FILE);
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
    const started = await resume(context, trainer, checkpointPath);
    emit({ type: "phase", phase: "train", stepsTotal: prepared.totalSteps });
    ledger?.beginPhase(trainingPhase(trainer.stage));
    const progress = await train(
      context,
      prepared,
      trainer,
      started,
      checkpointPath,
      () => compileMs,
      ledger,
    );

    stepsHere = progress.stepsDone - started.stepsDone;
    measureStage(trainer);
    ledger?.beginPhase("eval");
    emit({ type: "phase", phase: "evaluate", stepsTotal: prepared.totalSteps });
    const evalStarted = nowMs();
    const compiledBefore = compileMs;
    const predictions = await predict(trainer, prepared.dev.examples, prepared.dev.tokenized, {
      task: prepared.task,
      batchSize: training.batchSize,
      buckets: prepared.buckets,
      padTokenId: prepared.padTokenId,
      betweenBatches: context.throwIfInterrupted,
    });
    const evalMs = nowMs() - evalStarted - (compileMs - compiledBefore);
    const metrics = scorePredictions(prepared.task, predictions);
    emit({
      type: "eval",
      step: progress.stepsDone,
      split: "dev",
      evalMs,
      metrics: metrics.map(({ name, value, count }) => ({ name, value, count })),
    });
    await rm(checkpointPath, { force: true });
    const labelsOf = (split: PreparedCell["train"]): number[] => split.examples.map(({ label }) => label);
    return {
      metrics: [...metrics],
      baselines: [...majorityBaseline(prepared.task, labelsOf(prepared.train), labelsOf(prepared.dev))],
      parameters: prepared.counts,
      memory,
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
      lossSummary: { first: progress.firstLoss, last: progress.lastLoss },
      data: prepared.data,
      weights: prepared.weights,
      predictions,
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

/** Goes on from the run's checkpoint, if there is one that can be trusted. */
async function resume(context: CellContext, trainer: Trainer, path: string): Promise<Progress> {
  const { spec, emit } = context;
  try {
    const found = await loadProgress(path, spec.id);
    if (found === null) return initialProgress(spec.id);
    await trainer.restore(found.arrays, found.progress.stepsDone);
    emit({ type: "resume", step: found.progress.stepsDone, file: CHECKPOINT_FILE });
    return found.progress;
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    emit({ type: "warning", message: `The run starts over: ${error.message}` });
    return initialProgress(spec.id);
  }
}

/** All steps from `started` on. `compileMs` is the compile time of this process so far, which no step counts. */
async function train(
  context: CellContext,
  prepared: PreparedCell,
  trainer: Trainer,
  started: Progress,
  checkpointPath: string,
  compileMs: () => number,
  ledger: Ledger | undefined,
): Promise<Progress> {
  const { spec, emit, nowMs } = context;
  const { batchSize, epochs } = spec.cell.config.training;
  const { buckets, padTokenId, task, train: split } = prepared;
  // One list for the run: copying it at every step would make a long run quadratic.
  const stepTimes = [...started.stepMs];
  let progress: Progress = { ...started, stepMs: stepTimes };
  let savedAtMs = nowMs();
  const save = async (): Promise<void> => {
    // Reading tensors back takes staging memory that no step needs.
    ledger?.beginPhase("checkpoint");
    const kept = { ...progress, compileMs: progress.compileMs + compileMs() };
    const bytes = await saveProgress(checkpointPath, kept, await trainer.state());
    emit({ type: "checkpoint", step: progress.stepsDone, file: CHECKPOINT_FILE, bytes });
    savedAtMs = nowMs();
    ledger?.beginPhase(trainingPhase(trainer.stage));
  };
  for (let epoch = Math.floor(progress.stepsDone / prepared.stepsPerEpoch); epoch < epochs; epoch++) {
    const plans = planEpoch(split.tokenized.lengths, { batchSize, buckets, seed: spec.cell.seed, epoch });
    for (let place = progress.stepsDone - epoch * plans.length; place < plans.length; place++) {
      try {
        await context.throwIfInterrupted();
      } catch (error) {
        if (error instanceof InterruptedError && progress.stepsDone > 0) await save();
        throw error;
      }
      const plan = plans[place];
      if (plan === undefined) break;
      const batch = makeBatch(split.tokenized.examples, plan, { batchSize, padTokenId, kind: task.kind });
      const stepStarted = nowMs();
      const compiledBefore = compileMs();
      const outcome = await trainer.step(batch, progress.stepsDone);
      const stepMs = nowMs() - stepStarted - (compileMs() - compiledBefore);
      stepTimes.push(stepMs);
      progress = {
        ...progress,
        stepsDone: progress.stepsDone + 1,
        stepsSkipped: progress.stepsSkipped + (outcome.updated ? 0 : 1),
        tokensTrained: progress.tokensTrained + batch.tokens,
        trainMs: progress.trainMs + stepMs,
        firstLoss: progress.stepsDone === 0 ? finiteOrNull(outcome.loss) : progress.firstLoss,
        lastLoss: finiteOrNull(outcome.loss),
      };
      emit({
        type: "step",
        step: progress.stepsDone,
        epoch,
        loss: finiteOrNull(outcome.loss),
        learningRate: outcome.learningRate,
        gradientNorm: finiteOrNull(outcome.gradientNorm),
        tokens: batch.tokens,
        stepMs,
        bucketLength: batch.length,
      });
      if (!Number.isFinite(outcome.loss)) throw new NonFiniteLossError(progress.stepsDone, outcome.loss);
      if (nowMs() - savedAtMs > CHECKPOINT_INTERVAL_MS) await save();
    }
  }
  return progress;
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
