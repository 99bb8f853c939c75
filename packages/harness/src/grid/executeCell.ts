import type { RunEventBody } from "../result/events.ts";
import type { ExampleText } from "../result/exampleTexts.ts";
import type { Prediction } from "../result/predictions.ts";
import type { RunResult } from "../result/schema.ts";
import type { CellSpec } from "./cellSpec.ts";

/** The predictions of a labelled split beside dev: `mismatched`. */
export interface FurtherPredictions {
  readonly split: string;
  readonly predictions: readonly Prediction[];
}

/** A file for GLUE's server, whole. */
export interface SubmissionFile {
  /** `CoLA.tsv` */
  readonly name: string;
  readonly text: string;
}

/** The parts of a result that the cell itself finds out, and of the environment what only the executor knows. */
export interface CellOutcome
  extends Pick<
    RunResult,
    | "metrics"
    | "selectionMetrics"
    | "selection"
    | "submission"
    | "furtherMetrics"
    | "baselines"
    | "parameters"
    | "memory"
    | "measuredMemory"
    | "time"
    | "stages"
    | "rankHistory"
    | "lossSummary"
    | "data"
    | "weights"
  > {
  /** Every example of the dev split, in its order. */
  readonly predictions: readonly Prediction[];
  /** Every example of the labelled splits beside dev, by their names. */
  readonly furtherPredictions: readonly FurtherPredictions[];
  /** Predictions on hidden test splits, as GLUE's server takes them; none where they were not asked for. */
  readonly submissionFiles: readonly SubmissionFile[];
  /** Texts of the dev split's examples. */
  readonly exampleTexts: readonly ExampleText[];
  /** `onnxruntime-node 1.30.0`. */
  readonly executorVersion: string;
  /** The GPU adapter's name; null on the CPU. */
  readonly adapter: string | null;
}

/** What the harness gives to the code that trains and evaluates one cell. */
export interface CellContext {
  readonly spec: CellSpec;
  /** The run's folder, locked by this process: for checkpoints and other files of the run's own. */
  readonly folder: string;
  /** Milliseconds from an arbitrary start; never goes back. */
  readonly nowMs: () => number;
  /** Appends to `events.jsonl` and tells the grid. A `warning` also stands in the result. */
  readonly emit: (event: RunEventBody) => void;
  /** Puts parts of the outcome on record as soon as they are known: they stand in the result even if the run fails. */
  readonly record: (known: Partial<CellOutcome>) => void;
  /**
   * To be awaited between steps. Lets signals and the end of the grid's process in, which a loop of microtasks would
   * keep out; throws {@link InterruptedError} when the run is to stop. Save a checkpoint on the way out if that is quick.
   */
  readonly throwIfInterrupted: () => Promise<void>;
}

/**
 * Trains and evaluates one cell: the one place where the harness meets runtime, models and methods. Resumes from a
 * checkpoint in `context.folder` if there is one. Errors may carry a `remedy: string`; by their name
 * `OutOfMemoryError` makes the status `oom`, `NonFiniteLossError` makes it `diverged`, any other `failed`.
 */
export type ExecuteCell = (context: CellContext) => Promise<CellOutcome>;

/** The run was asked to stop: by a signal, or because the grid's process is gone. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
  readonly remedy = "Start the same command again: it goes on where it stopped.";

  constructor(reason: string) {
    super(`The run was interrupted: ${reason}.`);
  }
}
