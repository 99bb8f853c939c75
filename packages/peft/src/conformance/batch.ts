import type { BatchShape } from "@peftbench/models";
import { ENCODER_INPUTS } from "@peftbench/models";
import type { ProgramInputs } from "@peftbench/runtime";
import { createRandom } from "@peftbench/runtime";
import { TRAINING_INPUTS } from "../index.ts";

/** A batch of the suite: what its graphs read of it. */
export interface SuiteBatch extends BatchShape {
  readonly inputs: ProgramInputs;
}

const LENGTH = 6;
const VOCABULARY = 19;

/** Rows of random tokens with random labels, of uneven real length. */
export function randomBatch(rows: number, seed: number): SuiteBatch {
  const random = createRandom(seed, "conformance batch");
  const tokens = rows * LENGTH;
  const realTokens = Array.from({ length: rows }, () => 3 + random.integer(LENGTH - 2));
  return {
    rows,
    length: LENGTH,
    inputs: {
      [ENCODER_INPUTS.inputIds]: Int32Array.from({ length: tokens }, () => random.integer(VOCABULARY)),
      [ENCODER_INPUTS.typeIds]: Int32Array.from({ length: tokens }, () => random.integer(2)),
      [ENCODER_INPUTS.attentionMask]: Float32Array.from({ length: tokens }, (_, index) =>
        index % LENGTH < (realTokens[Math.floor(index / LENGTH)] as number) ? 1 : 0,
      ),
      [TRAINING_INPUTS.labels]: Int32Array.from({ length: rows }, () => random.integer(2)),
      [TRAINING_INPUTS.rowWeight]: new Float32Array(rows).fill(1 / rows),
    },
  };
}

/** Rows `from` to `from + rows`; their weights stay those of the whole batch. */
export function rowsOf(batch: SuiteBatch, from: number, rows: number): SuiteBatch {
  const inputs = Object.fromEntries(
    Object.entries(batch.inputs).map(([name, data]) => {
      const width = data.length / batch.rows;
      return [name, data.slice(from * width, (from + rows) * width)];
    }),
  );
  return { ...batch, rows, inputs };
}
