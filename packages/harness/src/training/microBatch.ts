import type { Batch } from "@peftbench/tasks";

/** Rows `[from, from + rows)` of a batch. Their weights stay those of the whole batch, so losses and gradients add up. */
export function sliceRows(batch: Batch, from: number, rows: number): Batch {
  const { length } = batch;
  const matrix = (data: Int32Array): Int32Array => data.slice(from * length, (from + rows) * length);
  return {
    ...batch,
    rows,
    inputIds: matrix(batch.inputIds),
    attentionMask: matrix(batch.attentionMask),
    typeIds: matrix(batch.typeIds),
    labels: batch.labels.slice(from, from + rows),
    rowWeight: batch.rowWeight.slice(from, from + rows),
    exampleIndices: batch.exampleIndices.slice(from, from + rows),
  };
}
