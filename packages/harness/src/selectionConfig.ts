import { z } from "zod";
import type { TrainingConfig } from "./config.ts";

/**
 * Evaluations along the run, on the `selectionRows` examples that are held out of train; dev is never looked at before
 * the end. Results and specs from before have none of these fields.
 *
 * What a method or the learning rate does over a run (linear decay, LaMDA's freezing, AdaLoRA's budget) follows the
 * steps that were planned, `epochs` passes: a run that stops early leaves its schedule where it stands.
 */
export const selectionFields = {
  /** Evaluations in an epoch, the last at its end; at most one a step. 0: none. */
  evaluationsPerEpoch: z.int().nonnegative(),
  /** Ends the run after `patience` evaluations, one after another, that are no better than the best. Null: it runs to its end. */
  earlyStopping: z.strictObject({ patience: z.int().positive() }).nullable(),
  /**
   * Whether what is evaluated in the end, and reported, is the model of the best evaluation (the first of equals), the
   * adapter as it stood then. It is kept in the host's memory and in checkpoints, so it takes nothing of the device.
   */
  keepBest: z.boolean(),
};

/** Values under which a run is what it was before there were these fields: they stand for absent ones, and are not hashed. */
export const noSelection = { evaluationsPerEpoch: 0, earlyStopping: null, keepBest: false } as const;

const unchanged: Readonly<Record<string, unknown>> = noSelection;

/** The values of training that decide its outcome, as they were named before there was any selection along the run. */
export function decisiveTraining<Value>(
  training: Readonly<Record<string, Value>>,
): Readonly<Record<string, Value>> {
  const decides = ([name, value]: [string, Value]): boolean =>
    !(name in unchanged) || (value !== undefined && value !== unchanged[name]);
  return Object.fromEntries(Object.entries(training).filter(decides));
}

/** Settings that select something with nothing to select by. */
export class SelectionConfigError extends Error {
  override readonly name = "SelectionConfigError";
  readonly remedy: string;

  constructor(found: string, expected: string, remedy: string) {
    super(`Found ${found}; expected ${expected}.`);
    this.remedy = remedy;
  }
}

/** @throws {SelectionConfigError} where a run is to select without held-out examples, or without evaluations */
export function requireSelectable(
  training: Pick<TrainingConfig, "selectionRows" | "evaluationsPerEpoch" | "earlyStopping" | "keepBest">,
): void {
  const { selectionRows, evaluationsPerEpoch, earlyStopping, keepBest } = training;
  const asked = [
    ...(earlyStopping === null ? [] : ["earlyStopping"]),
    ...(keepBest ? ["keepBest"] : []),
    ...(evaluationsPerEpoch === 0 ? [] : ["evaluationsPerEpoch"]),
  ];
  if (asked.length === 0) return;
  const found = `${asked.join(" and ")} in the training settings`;
  if (selectionRows === 0) {
    throw new SelectionConfigError(
      `${found}, with selectionRows 0`,
      "examples held out of train to select by, as dev is for reporting alone",
      "Set selectionRows, for example to 500, or leave the others out.",
    );
  }
  if (evaluationsPerEpoch === 0) {
    throw new SelectionConfigError(
      `${found}, with evaluationsPerEpoch 0`,
      "at least one evaluation in an epoch",
      "Set evaluationsPerEpoch to 1 or more.",
    );
  }
}
