import { join } from "node:path";
import type { Ledger } from "@peftbench/runtime";
import { NonFiniteLossError } from "@peftbench/runtime";
import { planEpoch } from "@peftbench/tasks";
import { CheckpointError } from "../checkpoint.ts";
import { finiteOrNull } from "../finiteOrNull.ts";
import type { CellContext } from "../grid/executeCell.ts";
import { InterruptedError } from "../grid/executeCell.ts";
import type { PreparedCell } from "./assemble.ts";
import { evalEvent, predictSplit } from "./evaluate.ts";
import { trainingPhase } from "./measure.ts";
import type { Progress } from "./progressState.ts";
import { CHECKPOINT_FILE, initialProgress, loadProgress, saveProgress } from "./progressState.ts";
import { isRankMoment, withRanksNow } from "./rankHistory.ts";
import { isSelectionMoment, stopsEarly, withEvaluation } from "./selection.ts";
import type { Trainer } from "./trainer.ts";

/** Training time between two checkpoints: what a killed run repeats at most. */
const CHECKPOINT_INTERVAL_MS = 60_000;

/** How far a run has come, and what is kept of its best evaluation: null where nothing is. */
export interface Trained {
  readonly progress: Progress;
  readonly best: ReadonlyMap<string, Float32Array> | null;
}

/** Goes on from the run's checkpoint, if there is one that can be trusted. */
export async function resume(context: CellContext, trainer: Trainer): Promise<Trained> {
  const { spec, emit } = context;
  const path = join(context.folder, CHECKPOINT_FILE);
  try {
    const found = await loadProgress(path, spec.id);
    if (found === null) return { progress: initialProgress(spec.id), best: null };
    await trainer.restore(found.arrays, found.progress.stepsDone);
    emit({ type: "resume", step: found.progress.stepsDone, file: CHECKPOINT_FILE });
    return found;
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    emit({ type: "warning", message: `The run starts over: ${error.message}` });
    return { progress: initialProgress(spec.id), best: null };
  }
}

/**
 * All steps from `started` on, or as many as early stopping leaves. Learning rate and method go by the steps that are
 * planned in either case. `compileMs` is the compile time of this process so far, which no step counts.
 */
export async function train(
  context: CellContext,
  prepared: PreparedCell,
  trainer: Trainer,
  { progress: started, best: bestBefore }: Trained,
  compileMs: () => number,
  ledger: Ledger | undefined,
): Promise<Trained> {
  const { spec, emit, nowMs } = context;
  const checkpointPath = join(context.folder, CHECKPOINT_FILE);
  const { training } = spec.cell.config;
  const { batchSize, epochs } = training;
  const { buckets, work, train: split } = prepared;
  // One list for the run: copying it at every step would make a long run quadratic.
  const stepTimes = [...started.stepMs];
  let progress: Progress = { ...started, stepMs: stepTimes };
  let best = bestBefore;
  const keepRanks = async (): Promise<void> => {
    // Reading tensors back takes staging memory that no step needs.
    ledger?.beginPhase("ranks");
    const { rankHistory, stepsDone } = progress;
    progress = {
      ...progress,
      rankHistory: await withRanksNow(rankHistory, prepared.attachment, trainer, stepsDone),
    };
    ledger?.beginPhase(trainingPhase(trainer.stage));
  };
  if (progress.stepsDone === 0) await keepRanks();
  let savedAtMs = nowMs();
  const save = async (): Promise<void> => {
    ledger?.beginPhase("checkpoint");
    const kept = { ...progress, compileMs: progress.compileMs + compileMs() };
    const bytes = await saveProgress(checkpointPath, { progress: kept, arrays: await trainer.state(), best });
    emit({ type: "checkpoint", step: progress.stepsDone, file: CHECKPOINT_FILE, bytes });
    savedAtMs = nowMs();
    ledger?.beginPhase(trainingPhase(trainer.stage));
  };
  const orSave = async (act: () => Promise<void>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      if (error instanceof InterruptedError && progress.stepsDone > 0) await save();
      throw error;
    }
  };
  const select = async (): Promise<void> => {
    const { stepsDone, selection } = progress;
    if (!isSelectionMoment(stepsDone, prepared.stepsPerEpoch, training)) return;
    if (selection.evaluations.at(-1)?.step === stepsDone) return;
    ledger?.beginPhase("selection");
    const selectionStarted = nowMs();
    const compiledBefore = compileMs();
    const predictions = await predictSplit(context, prepared, trainer, prepared.selection);
    const evalMs = nowMs() - selectionStarted - (compileMs() - compiledBefore);
    const metrics = work.score(prepared.selection, predictions, "selection");
    emit(evalEvent(stepsDone, "selection", evalMs, metrics));
    const primary = metrics.find((metric) => metric.primary);
    const evaluation = { step: stepsDone, value: primary?.value ?? null };
    const higherIsBetter = primary?.higherIsBetter ?? true;
    const selected = withEvaluation(selection, evaluation, { evalMs, higherIsBetter });
    if (training.keepBest && selected.best === evaluation) best = await trainer.adapted();
    progress = { ...progress, selection: selected };
    ledger?.beginPhase(trainingPhase(trainer.stage));
  };
  // A run that was stopped before it could evaluate itself does so now.
  await orSave(select);
  const isRunning = (): boolean => !stopsEarly(progress.selection, training);
  const firstEpoch = Math.floor(progress.stepsDone / prepared.stepsPerEpoch);
  for (let epoch = firstEpoch; epoch < epochs && isRunning(); epoch++) {
    const plans = planEpoch(split.tokenized.lengths, { batchSize, buckets, seed: spec.cell.seed, epoch });
    const firstPlace = progress.stepsDone - epoch * plans.length;
    for (let place = firstPlace; place < plans.length && isRunning(); place++) {
      await orSave(context.throwIfInterrupted);
      const plan = plans[place];
      if (plan === undefined) break;
      const { batch, tokens } = work.batchOf(split, plan, batchSize);
      const stepStarted = nowMs();
      const compiledBefore = compileMs();
      const outcome = await trainer.step(batch, progress.stepsDone);
      const stepMs = nowMs() - stepStarted - (compileMs() - compiledBefore);
      stepTimes.push(stepMs);
      progress = {
        ...progress,
        stepsDone: progress.stepsDone + 1,
        stepsSkipped: progress.stepsSkipped + (outcome.updated ? 0 : 1),
        tokensTrained: progress.tokensTrained + tokens,
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
        tokens,
        stepMs,
        bucketLength: batch.length,
      });
      if (!Number.isFinite(outcome.loss)) throw new NonFiniteLossError(progress.stepsDone, outcome.loss);
      if (isRankMoment(progress.stepsDone, prepared.totalSteps)) await keepRanks();
      await orSave(select);
      if (nowMs() - savedAtMs > CHECKPOINT_INTERVAL_MS) await save();
    }
  }
  if (progress.rankHistory?.moments.at(-1)?.step !== progress.stepsDone) await keepRanks();
  return { progress, best };
}
