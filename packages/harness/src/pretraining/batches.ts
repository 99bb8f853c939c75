import type { ProgramInputs } from "@peftbench/runtime";
import { createRandom } from "@peftbench/runtime";
import { createBatchOrder } from "./batchOrder.ts";
import type { PretrainingConfig, PretrainingPhase } from "./config.ts";
import { maskingOf } from "./context.ts";
import type { PretrainingShape } from "./graphs.ts";
import { shapeOf } from "./graphs.ts";
import { maskRows } from "./masking.ts";
import { pairRows } from "./nextSentence.ts";
import type { PreparedText } from "./prepareText.ts";
import type { TokenRows } from "./rows.ts";

/** The batches of a phase. */
export interface PhaseBatches {
  readonly shape: PretrainingShape;
  /** What to feed at a step of the phase, and its tokens without padding. Depends on seed and numbers alone. */
  readonly batchAt: (
    stepInPhase: number,
    step: number,
  ) => { readonly inputs: ProgramInputs; readonly tokens: number };
}

/** Batches of phase number `index`: rows in an order of their own, second segments exchanged, tokens masked. */
export function createBatches(
  config: PretrainingConfig,
  text: PreparedText,
  phase: PretrainingPhase,
  index: number,
): PhaseBatches {
  const { seed } = config.training;
  const rows = text.train[index] as TokenRows;
  const masking = maskingOf(config, text, "training");
  const order = createBatchOrder(rows.count, phase.batchRows, seed);
  const everyRow = Array.from({ length: phase.batchRows }, (_, row) => row);
  return {
    shape: shapeOf(phase, config.rows),
    batchAt: (stepInPhase, step) => {
      const paired = pairRows(
        rows,
        order(stepInPhase),
        createRandom(seed, `pairs of step ${step}`),
        masking.special,
        config.rows.strangerDistance,
      );
      const masks = createRandom(seed, `masks of step ${step}`);
      const { inputs, tokens } = maskRows(paired.rows, everyRow, masks, masking);
      return { inputs: { ...inputs, ...paired.inputs }, tokens };
    },
  };
}
