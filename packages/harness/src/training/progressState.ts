import { z } from "zod";
import type { Checkpoint } from "../checkpoint.ts";
import { CheckpointError, loadCheckpoint, saveCheckpoint } from "../checkpoint.ts";
import { rankHistorySchema } from "../result/schema.ts";
import { initialSelection, selectionProgressSchema } from "./selection.ts";

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
  /** Evaluations along the run; checkpoints from before have none. */
  selection: selectionProgressSchema.default(initialSelection),
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
    selection: initialSelection,
  };
}

/** A run's progress, its parameters, and those of its best evaluation where they are kept. */
export interface RunState {
  readonly progress: Progress;
  readonly arrays: Checkpoint["arrays"];
  readonly best: Checkpoint["arrays"] | null;
}

const BEST_PREFIX = "best evaluation: ";

/** @returns the checkpoint's size in bytes */
export async function saveProgress(path: string, { progress, arrays, best }: RunState): Promise<number> {
  const kept = [...(best ?? [])].map(([name, values]) => [`${BEST_PREFIX}${name}`, values] as const);
  return saveCheckpoint(path, { arrays: new Map([...arrays, ...kept]), meta: progress });
}

/**
 * The progress and parameters that an earlier process of this run left; null where there are none.
 * @throws {CheckpointError} where the file is cut off, changed or of another run
 */
export async function loadProgress(path: string, runId: string): Promise<RunState | null> {
  const checkpoint = await loadCheckpoint(path);
  if (checkpoint === null) return null;
  const parsed = progressSchema.safeParse(checkpoint.meta);
  if (!parsed.success) throw new CheckpointError(path, "it does not say how far the run had come.");
  if (parsed.data.runId !== runId)
    throw new CheckpointError(path, `it belongs to the run ${parsed.data.runId}.`);
  const arrays = new Map<string, Float32Array>();
  const best = new Map<string, Float32Array>();
  for (const [name, values] of checkpoint.arrays) {
    if (name.startsWith(BEST_PREFIX)) best.set(name.slice(BEST_PREFIX.length), values);
    else arrays.set(name, values);
  }
  return { progress: parsed.data, arrays, best: best.size === 0 ? null : best };
}
