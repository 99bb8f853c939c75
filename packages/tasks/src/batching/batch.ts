import { TaskArgumentError } from "../errors.ts";
import type { TaskDefinition } from "../task.ts";
import type { BatchPlan } from "./plan.ts";
import type { TokenizedExample } from "./tokenize.ts";

/** The inputs of one step; matrices are row-major. */
export interface Batch {
  /** Rows with the padding rows: the same in every batch of a run. */
  readonly rows: number;
  /** Tokens in a row, padding included. */
  readonly length: number;
  /** Shape [rows, length]. */
  readonly inputIds: Int32Array;
  /**
   * 1 for a token, 0 for padding; shape [rows, length]. A padding row has a 1 in its first place, so that attention
   * has something to attend to and its softmax cannot become NaN, which a weight of zero would not undo.
   */
  readonly attentionMask: Int32Array;
  /** 0 for the first sentence and padding, 1 for the second; shape [rows, length]. */
  readonly typeIds: Int32Array;
  /** Class numbers (Int32Array) or scores (Float32Array), 0 in padding rows; shape [rows]. */
  readonly labels: Int32Array | Float32Array;
  /** 1 / (number of real rows) for these, 0 for padding rows: the weighted sum of row losses is the mean; shape [rows]. */
  readonly rowWeight: Float32Array;
  /** The example of each row, -1 for a padding row; shape [rows]. */
  readonly exampleIndices: Int32Array;
  /** Tokens of real rows without padding: what a rate of tokens per second counts. */
  readonly tokens: number;
}

/** What does not change from batch to batch. */
export interface BatchOptions {
  readonly batchSize: number;
  readonly padTokenId: number;
  /** Whether labels are class numbers or scores. */
  readonly kind: TaskDefinition["kind"];
}

/**
 * Lays the examples of one planned batch out as the model's inputs.
 * @throws {TaskArgumentError} where the plan is empty, has more examples than rows, names one that does not exist,
 *   or one that is longer than its bucket
 */
export function makeBatch(
  examples: readonly TokenizedExample[],
  plan: BatchPlan,
  options: BatchOptions,
): Batch {
  const rows = options.batchSize;
  const length = plan.bucketLength;
  const realRows = plan.exampleIndices.length;
  if (realRows < 1 || realRows > rows) {
    throw new TaskArgumentError(
      `A planned batch has ${realRows} examples; expected from 1 to ${rows}, the batch size. Plan it with the same batch size.`,
    );
  }
  const inputIds = new Int32Array(rows * length).fill(options.padTokenId);
  const attentionMask = new Int32Array(rows * length);
  const typeIds = new Int32Array(rows * length);
  const labels = options.kind === "classification" ? new Int32Array(rows) : new Float32Array(rows);
  const rowWeight = new Float32Array(rows);
  const exampleIndices = new Int32Array(rows).fill(-1);
  let tokens = 0;

  plan.exampleIndices.forEach((exampleIndex, row) => {
    const example = examples[exampleIndex];
    if (example === undefined || example.inputIds.length > length) {
      throw new TaskArgumentError(
        `A planned batch of length ${length} names example ${exampleIndex}, which ` +
          (example === undefined ? "does not exist" : `has ${example.inputIds.length} tokens`) +
          "; expected an example that fits. Plan with the lengths of these examples.",
      );
    }
    const start = row * length;
    inputIds.set(example.inputIds, start);
    typeIds.set(example.typeIds, start);
    attentionMask.fill(1, start, start + example.inputIds.length);
    labels[row] = example.label;
    rowWeight[row] = 1 / realRows;
    exampleIndices[row] = exampleIndex;
    tokens += example.inputIds.length;
  });
  for (let row = realRows; row < rows; row++) attentionMask[row * length] = 1;

  return { rows, length, inputIds, attentionMask, typeIds, labels, rowWeight, exampleIndices, tokens };
}
