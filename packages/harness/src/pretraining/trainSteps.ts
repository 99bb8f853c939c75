import { join } from "node:path";
import { NonFiniteLossError } from "@peftbench/runtime";
import { CheckpointError, loadCheckpoint, saveCheckpoint } from "../checkpoint.ts";
import { finiteOrNull } from "../finiteOrNull.ts";
import { InterruptedError } from "../grid/executeCell.ts";
import type { PhaseBatches } from "./batches.ts";
import { createBatches } from "./batches.ts";
import type { PretrainingConfig, PretrainingPhase } from "./config.ts";
import type { PretrainingContext } from "./context.ts";
import { maskingOf, pretrainingId } from "./context.ts";
import type { PretrainingLog } from "./events.ts";
import { openPretrainingLog } from "./events.ts";
import { heldOutLosses, perplexityOf } from "./heldOut.ts";
import { phaseAt, totalSteps } from "./phases.ts";
import type { PreparedText } from "./prepareText.ts";
import type { Pretrainer } from "./pretrainer.ts";

/** What a killed run repeats at most. */
const CHECKPOINT_INTERVAL_MS = 60_000;
const CHECKPOINT_FILE = "checkpoint.bin";

/**
 * All steps from the run's checkpoint on, or from the first.
 * @throws {InterruptedError} where the signal came; a checkpoint is left
 */
export async function trainSteps(
  config: PretrainingConfig,
  context: PretrainingContext,
  text: PreparedText,
  pretrainer: Pretrainer,
): Promise<void> {
  const { runFolder, nowMs } = context;
  const { phases, seed } = config.training;
  const steps = totalSteps(config);
  const checkpointPath = join(runFolder, CHECKPOINT_FILE);
  let step = await resume(config, context, pretrainer, checkpointPath);
  const log = openLog(context, step);
  const save = async (): Promise<void> => {
    const meta = { id: pretrainingId(config), stepsDone: step };
    await saveCheckpoint(checkpointPath, { arrays: await pretrainer.state(), meta });
    log.append({ type: "checkpoint", step });
  };
  const evaluateNow = async (): Promise<void> => {
    const { losses } = await heldOutLosses(pretrainer, text.heldOut, {
      ...maskingOf(config, text, "evaluation"),
      rowCount: config.evaluation.rows,
      batchRows: (phases.at(-1) as PretrainingPhase).batchRows,
      seed,
    });
    log.append({ type: "heldOut", step, perplexity: perplexityOf(losses), maskedTokens: losses.length });
  };
  try {
    log.append({
      type: "start",
      step,
      at: context.timestamp(),
      runtime: context.runtime,
      executor: context.executor.description,
    });
    const batchOf = phases.map((phase, index) => createBatches(config, text, phase, index));
    let savedAtMs = nowMs();
    while (step < steps) {
      if (context.signal.aborted) {
        await save();
        throw new InterruptedError(String(context.signal.reason));
      }
      const startedMs = nowMs();
      const { index, stepInPhase } = phaseAt(phases, step);
      const { shape, batchAt } = batchOf[index] as PhaseBatches;
      if (index > 0 && stepInPhase === 0) {
        await pretrainer.repeatPositions(
          Math.max(...phases.slice(0, index).map(({ rowLength }) => rowLength)),
        );
      }
      const batch = batchAt(stepInPhase, step);
      const { loss, tokenLoss, nextSentenceLoss, gradientNorm, learningRate } = await pretrainer.step(
        batch.inputs,
        shape,
        step,
      );
      step += 1;
      log.append({
        type: "step",
        step,
        loss: finiteOrNull(loss),
        tokenLoss: finiteOrNull(tokenLoss),
        nextSentenceLoss: finiteOrNull(nextSentenceLoss),
        learningRate,
        gradientNorm: finiteOrNull(gradientNorm),
        tokens: batch.tokens,
        stepMs: Number((nowMs() - startedMs).toFixed(1)),
      });
      if (!Number.isFinite(loss)) throw new NonFiniteLossError(step, loss);
      if (step % config.evaluation.everySteps === 0) await evaluateNow();
      if (nowMs() - savedAtMs > CHECKPOINT_INTERVAL_MS) {
        await save();
        savedAtMs = nowMs();
      }
    }
    await save();
  } finally {
    log.close();
  }
}

function openLog(context: PretrainingContext, stepsDone: number): PretrainingLog {
  const log = openPretrainingLog(join(context.runFolder, "events.jsonl"), stepsDone);
  return {
    append: (event) => {
      log.append(event);
      context.onEvent?.(event);
    },
    close: log.close,
  };
}

/** Steps that are done. */
async function resume(
  config: PretrainingConfig,
  context: PretrainingContext,
  pretrainer: Pretrainer,
  path: string,
): Promise<number> {
  try {
    const checkpoint = await loadCheckpoint(path);
    if (checkpoint === null) return 0;
    const { id, stepsDone } = checkpoint.meta as { readonly id?: unknown; readonly stepsDone?: unknown };
    if (id !== pretrainingId(config) || typeof stepsDone !== "number") {
      throw new CheckpointError(path, `it belongs to the run ${String(id)}.`);
    }
    await pretrainer.restore(checkpoint.arrays);
    context.say(`Going on after step ${stepsDone}`);
    return stepsDone;
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    context.say(`The run starts over: ${error.message}`);
    return 0;
  }
}
