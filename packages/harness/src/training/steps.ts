import { join } from "node:path";
import type { Ledger } from "@peftbench/runtime";
import { NonFiniteLossError } from "@peftbench/runtime";
import { makeBatch, planEpoch } from "@peftbench/tasks";
import { CheckpointError } from "../checkpoint.ts";
import { finiteOrNull } from "../finiteOrNull.ts";
import type { CellContext } from "../grid/executeCell.ts";
import { InterruptedError } from "../grid/executeCell.ts";
import { trainingPhase } from "./measure.ts";
import type { PreparedCell } from "./prepare.ts";
import type { Progress } from "./progressState.ts";
import { CHECKPOINT_FILE, initialProgress, loadProgress, saveProgress } from "./progressState.ts";
import { isRankMoment, withRanksNow } from "./rankHistory.ts";
import type { Trainer } from "./trainer.ts";

/** Training time between two checkpoints: what a killed run repeats at most. */
const CHECKPOINT_INTERVAL_MS = 60_000;

/** Goes on from the run's checkpoint, if there is one that can be trusted. */
export async function resume(context: CellContext, trainer: Trainer): Promise<Progress> {
  const { spec, emit } = context;
  const path = join(context.folder, CHECKPOINT_FILE);
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
export async function train(
  context: CellContext,
  prepared: PreparedCell,
  trainer: Trainer,
  started: Progress,
  compileMs: () => number,
  ledger: Ledger | undefined,
): Promise<Progress> {
  const { spec, emit, nowMs } = context;
  const checkpointPath = join(context.folder, CHECKPOINT_FILE);
  const { batchSize, epochs } = spec.cell.config.training;
  const { buckets, padTokenId, task, train: split } = prepared;
  // One list for the run: copying it at every step would make a long run quadratic.
  const stepTimes = [...started.stepMs];
  let progress: Progress = { ...started, stepMs: stepTimes };
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
      if (isRankMoment(progress.stepsDone, prepared.totalSteps)) await keepRanks();
      if (nowMs() - savedAtMs > CHECKPOINT_INTERVAL_MS) await save();
    }
  }
  return progress;
}
