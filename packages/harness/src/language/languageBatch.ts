import { ENCODER_INPUTS } from "@peftbench/models";
import { TRAINING_INPUTS } from "@peftbench/peft";
import type { StepBatch } from "../training/stepBatch.ts";

/** Tokens of which the first are given and the others are to be learned or scored. */
export interface LanguageExample {
  readonly ids: readonly number[];
  /** Tokens of the prompt: at least 1, as nothing says what a first token should be. */
  readonly promptLength: number;
}

export interface LanguageBatchOptions {
  /** Rows of the batch; those beyond the examples are padding, of weight 0. */
  readonly rows: number;
  /** Tokens of a row; padding is on the right. */
  readonly length: number;
  readonly padTokenId: number;
}

/**
 * Examples as a decoder's batch: at every place the next token is the label, and weighs nothing where that belongs to
 * the prompt or to padding. The weights sum to 1, so the loss is the mean over all tokens that are learned.
 * @throws {RangeError} for more examples than rows, one that is too long, has no prompt, or nothing behind it
 */
export function languageBatch(
  examples: readonly LanguageExample[],
  { rows, length, padTokenId }: LanguageBatchOptions,
): StepBatch {
  if (examples.length > rows)
    throw new RangeError(`Found ${examples.length} examples; expected at most ${rows}.`);
  const inputIds = new Int32Array(rows * length).fill(padTokenId);
  const attentionMask = new Float32Array(rows * length);
  const labels = new Int32Array(rows * length);
  const rowWeight = new Float32Array(rows * length);
  examples.forEach(({ ids, promptLength }, row) => {
    if (ids.length > length || promptLength < 1 || promptLength >= ids.length) {
      throw new RangeError(
        `Example ${row} has ${ids.length} tokens, ${promptLength} of them its prompt; expected at most ${length}, and at least one before and one behind the prompt's end.`,
      );
    }
    const start = row * length;
    inputIds.set(ids, start);
    attentionMask.fill(1, start, start + ids.length);
    labels.set(ids.slice(1), start);
    rowWeight.fill(1, start + promptLength - 1, start + ids.length - 1);
  });
  // A padding row has something to attend to, so that its softmax is no NaN.
  for (let row = examples.length; row < rows; row++) attentionMask[row * length] = 1;
  const learned = rowWeight.reduce((sum, weight) => sum + weight, 0);
  return {
    rows,
    length,
    feeds: {
      [ENCODER_INPUTS.inputIds]: inputIds,
      [ENCODER_INPUTS.attentionMask]: attentionMask,
      [TRAINING_INPUTS.labels]: labels,
      [TRAINING_INPUTS.rowWeight]: rowWeight.map((weight) => weight / learned),
    },
  };
}
