import { createRandom } from "@peftbench/runtime";

/**
 * Gives the rows of step `step`: every row once an epoch, in an order that depends on seed and epoch alone, so that a run
 * can go on from any step. An epoch ends with its last whole batch.
 * @throws {RangeError} where there are fewer rows than a batch takes
 */
export function createBatchOrder(
  rowCount: number,
  batchRows: number,
  seed: number,
): (step: number) => Int32Array {
  const batches = Math.floor(rowCount / batchRows);
  if (batches === 0) throw new RangeError(`There are ${rowCount} rows, and a batch takes ${batchRows}.`);
  let known: { readonly epoch: number; readonly order: Int32Array } | null = null;
  return (step) => {
    const epoch = Math.floor(step / batches);
    if (known?.epoch !== epoch) {
      known = { epoch, order: createRandom(seed, `rows of epoch ${epoch}`).permutation(rowCount) };
    }
    const first = (step % batches) * batchRows;
    return known.order.slice(first, first + batchRows);
  };
}
