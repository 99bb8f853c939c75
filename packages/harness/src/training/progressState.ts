import { z } from "zod";
import type { Checkpoint } from "../checkpoint.ts";
import { CheckpointError, loadCheckpoint, saveCheckpoint } from "../checkpoint.ts";
import { rankHistorySchema } from "../result/schema.ts";

/** What a checkpoint remembers beside the parameters. */
const progressSchema = z.strictObject({
  /** Hash of the run: a checkpoint of another run is refused. */
  runId: z.string(),
  /** Optimizer steps that are done. */
  stepsDone: z.int().nonnegative(),
  stepsSkipped: z.int().nonnegative(),
  tokensTrained: z.int().nonnegative(),
  trainMs: z.number().nonnegative(),
  compileMs: z.number().nonnegative(),
  stepMs: z.array(z.number().nonnegative()),
  firstLoss: z.number().nullable(),
  lastLoss: z.number().nullable(),
  rankHistory: rankHistorySchema.nullable(),
});

/** How far a run has come. */
export type Progress = z.infer<typeof progressSchema>;

export const CHECKPOINT_FILE = "checkpoint.bin";

export function initialProgress(runId: string): Progress {
  return {
    runId,
    stepsDone: 0,
    stepsSkipped: 0,
    tokensTrained: 0,
    trainMs: 0,
    compileMs: 0,
    stepMs: [],
    firstLoss: null,
    lastLoss: null,
    rankHistory: null,
  };
}

/** @returns the checkpoint's size in bytes */
export async function saveProgress(
  path: string,
  progress: Progress,
  arrays: ReadonlyMap<string, Float32Array>,
): Promise<number> {
  return saveCheckpoint(path, { arrays, meta: progress });
}

/**
 * The progress and parameters that an earlier process of this run left; null where there are none.
 * @throws {CheckpointError} where the file is cut off, changed or of another run
 */
export async function loadProgress(
  path: string,
  runId: string,
): Promise<{ readonly progress: Progress; readonly arrays: Checkpoint["arrays"] } | null> {
  const checkpoint = await loadCheckpoint(path);
  if (checkpoint === null) return null;
  const parsed = progressSchema.safeParse(checkpoint.meta);
  if (!parsed.success) throw new CheckpointError(path, "it does not say how far the run had come.");
  if (parsed.data.runId !== runId)
    throw new CheckpointError(path, `it belongs to the run ${parsed.data.runId}.`);
  return { progress: parsed.data, arrays: checkpoint.arrays };
}
