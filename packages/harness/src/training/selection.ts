import { z } from "zod";
import type { TrainingConfig } from "../config.ts";
import type { ResultSelection } from "../result/schema.ts";
import { selectionEvaluationSchema } from "../result/schema.ts";
import type { PreparedCell } from "./assemble.ts";

/** What a run remembers of its evaluations on held-out examples. */
export const selectionProgressSchema = z.strictObject({
  /** In the order of steps. */
  evaluations: z.array(selectionEvaluationSchema),
  best: selectionEvaluationSchema.nullable(),
  /** Evaluations, one after another, that were no better. */
  sinceBest: z.int().nonnegative(),
  evalMs: z.number().nonnegative(),
});

export type SelectionProgress = z.infer<typeof selectionProgressSchema>;

export const initialSelection: SelectionProgress = { evaluations: [], best: null, sinceBest: 0, evalMs: 0 };

/** Whether the run is to be evaluated after `stepsDone` steps: at evenly spaced steps of each epoch, the last its end. */
export function isSelectionMoment(
  stepsDone: number,
  stepsPerEpoch: number,
  { evaluationsPerEpoch }: Pick<TrainingConfig, "evaluationsPerEpoch">,
): boolean {
  if (stepsDone === 0 || evaluationsPerEpoch === 0) return false;
  const place = ((stepsDone - 1) % stepsPerEpoch) + 1;
  const due = (steps: number): number => Math.floor((steps * evaluationsPerEpoch) / stepsPerEpoch);
  return due(place) > due(place - 1);
}

/** The progress with one evaluation more. A value that is not defined (null) is never the best. */
export function withEvaluation(
  before: SelectionProgress,
  evaluation: SelectionProgress["evaluations"][number],
  { evalMs, higherIsBetter }: { readonly evalMs: number; readonly higherIsBetter: boolean },
): SelectionProgress {
  const isBest = isBetter(evaluation.value, before.best?.value ?? null, higherIsBetter);
  return {
    evaluations: [...before.evaluations, evaluation],
    best: isBest ? evaluation : before.best,
    sinceBest: isBest ? 0 : before.sinceBest + 1,
    evalMs: before.evalMs + evalMs,
  };
}

function isBetter(value: number | null, best: number | null, higherIsBetter: boolean): boolean {
  if (value === null) return false;
  if (best === null) return true;
  return higherIsBetter ? value > best : value < best;
}

/** Whether patience is at its end. */
export function stopsEarly(
  { sinceBest }: SelectionProgress,
  { earlyStopping }: Pick<TrainingConfig, "earlyStopping">,
): boolean {
  return earlyStopping !== null && sinceBest >= earlyStopping.patience;
}

/** What a result says of selection along the run; null where there was none. */
export function describeSelection(
  { evaluations, best, evalMs }: SelectionProgress,
  { primaryMetric, selection, totalSteps }: PreparedCell,
  training: TrainingConfig,
  stepsDone: number,
): ResultSelection | null {
  if (training.evaluationsPerEpoch === 0) return null;
  return {
    metric: primaryMetric,
    rows: selection.examples.length,
    evaluations: [...evaluations],
    bestStep: best?.step ?? null,
    reportedStep: training.keepBest ? (best?.step ?? stepsDone) : stepsDone,
    stepsPlanned: totalSteps,
    stoppedEarly: stepsDone < totalSteps,
    evalMs,
  };
}
