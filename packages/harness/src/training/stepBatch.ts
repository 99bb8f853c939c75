import { ENCODER_INPUTS } from "@peftbench/models";
import { TRAINING_INPUTS } from "@peftbench/peft";
import type { ProgramInputs } from "@peftbench/runtime";
import type { Batch } from "@peftbench/tasks";

/** A batch as a trainer takes it, whatever its model reads and predicts. */
export interface StepBatch {
  readonly rows: number;
  /** Tokens in a row, padding included. */
  readonly length: number;
  /** The same of the target of an encoder-decoder, where that differs from `length`. */
  readonly targetLength?: number;
  /**
   * Inputs of the model's graph and, for training, `TRAINING_INPUTS.labels` and `rowWeight`, whose weights sum to 1.
   * Each holds what belongs to a row together, and as much for every row. What a graph does not read is left out.
   */
  readonly feeds: ProgramInputs;
}

/** A batch of labelled texts. */
export function stepBatch({
  rows,
  length,
  inputIds,
  typeIds,
  attentionMask,
  labels,
  rowWeight,
}: Batch): StepBatch {
  return {
    rows,
    length,
    feeds: {
      [ENCODER_INPUTS.inputIds]: inputIds,
      [ENCODER_INPUTS.typeIds]: typeIds,
      [ENCODER_INPUTS.attentionMask]: Float32Array.from(attentionMask),
      [TRAINING_INPUTS.labels]: labels,
      [TRAINING_INPUTS.rowWeight]: rowWeight,
    },
  };
}

/** Rows `[from, from + rows)` of a batch. Their weights stay those of the whole batch, so losses and gradients add up. */
export function sliceRows(batch: StepBatch, from: number, rows: number): StepBatch {
  const feeds = Object.fromEntries(
    Object.entries(batch.feeds).map(([name, values]) => {
      const each = values.length / batch.rows;
      return [name, values.slice(from * each, (from + rows) * each)];
    }),
  );
  return { ...batch, rows, feeds };
}
