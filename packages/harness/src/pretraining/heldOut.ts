import { createRandom } from "@peftbench/runtime";
import type { MaskingOptions } from "./masking.ts";
import { MASKING_INPUTS, maskRows } from "./masking.ts";
import type { HiddenToken } from "./ngrams/ngramPerplexity.ts";
import type { Pretrainer } from "./pretrainer.ts";
import type { TokenRows } from "./rows.ts";

export interface HeldOutLosses {
  /** Every masked token, in order. */
  readonly hidden: readonly HiddenToken[];
  /** Cross-entropy of each of them, in nats. */
  readonly losses: Float64Array;
}

/**
 * Masks held-out rows and lets the model predict. The rows and places are the same at every call with the same number of
 * rows: evenly spaced rows, so that every corpus has its share. All chosen tokens become `[MASK]`.
 */
export async function heldOutLosses(
  pretrainer: Pretrainer,
  rows: TokenRows,
  options: MaskingOptions & {
    readonly rowCount: number;
    readonly batchRows: number;
    readonly seed: number;
  },
): Promise<HeldOutLosses> {
  const count = Math.min(options.rowCount, rows.count);
  const chosen = Array.from({ length: count }, (_, index) => Math.floor((index * rows.count) / count));
  const hidden: HiddenToken[] = [];
  const losses: number[] = [];
  for (let first = 0; first < count; first += options.batchRows) {
    const batch = chosen.slice(first, first + options.batchRows);
    // The graph has a fixed number of rows: the last batch is filled up with its first row, which does not count.
    const filled = Array.from({ length: options.batchRows }, (_, row) => batch[row] ?? (batch[0] as number));
    const random = createRandom(options.seed, `held-out places from ${first}`);
    const masked = maskRows(rows, filled, random, options);
    const batchLosses = await pretrainer.placeLosses(masked.inputs);
    const weights = masked.inputs[MASKING_INPUTS.placeWeight] as Float32Array;
    let index = 0;
    weights.forEach((weight, place) => {
      if (weight === 0) return;
      const { row, place: token } = masked.chosen[index++] as { row: number; place: number };
      if (row >= batch.length) return;
      hidden.push({ row: batch[row] as number, place: token });
      losses.push(batchLosses[place] as number);
    });
  }
  return { hidden, losses: Float64Array.from(losses) };
}

/** Perplexity of the first `count` losses; of all where absent. */
export function perplexityOf(losses: Float64Array, count = losses.length): number {
  return Math.exp(losses.subarray(0, count).reduce((sum, loss) => sum + loss, 0) / count);
}
