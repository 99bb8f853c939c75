import { TaskArgumentError } from "./errors.ts";
import { keyedRandom, randomOrder, randomStreams } from "./random.ts";

/** A training set with a part held out of it, both in the order of the original. */
export interface SelectionSplit<Item> {
  readonly train: readonly Item[];
  /** For early stopping and the choice of hyperparameters, so that the reported split stays unseen. */
  readonly selection: readonly Item[];
}

/**
 * Holds a random part of the training set out for model selection. Take it before any {@link subset}, so that
 * every budget is judged on the same selection part. Which examples are held out depends on the number of
 * examples, `size` and `seed` alone, and a larger part contains a smaller one of the same seed.
 * @param options.size number of examples to hold out, at least 1 and fewer than there are
 * @throws {TaskArgumentError} for another size
 */
export function selectionSplit<Item>(
  train: readonly Item[],
  options: { readonly size: number; readonly seed: number },
): SelectionSplit<Item> {
  const { size, seed } = options;
  if (!Number.isInteger(size) || size < 1 || size >= train.length) {
    throw new TaskArgumentError(
      `The selection size is ${size} of ${train.length} training examples; expected a whole number from 1 to ${train.length - 1}.`,
    );
  }
  const heldOut = chosen(train.length, size, [randomStreams.selection, seed]);
  return {
    train: train.filter((_, index) => heldOut[index] === 0),
    selection: train.filter((_, index) => heldOut[index] === 1),
  };
}

/** The same, where a size of 0 holds nothing out. */
export function heldOut<Item>(
  train: readonly Item[],
  options: { readonly size: number; readonly seed: number },
): SelectionSplit<Item> {
  return options.size === 0 ? { train, selection: [] } : selectionSplit(train, options);
}

/**
 * A random subset, in the order of the original; a larger one contains a smaller one of the same seed, so that a
 * budget is only ever added to.
 * @param options.size number of examples, from 1 to as many as there are
 * @throws {TaskArgumentError} for another size
 */
export function subset<Item>(
  examples: readonly Item[],
  options: { readonly size: number; readonly seed: number },
): readonly Item[] {
  const { size, seed } = options;
  if (!Number.isInteger(size) || size < 1 || size > examples.length) {
    throw new TaskArgumentError(
      `A subset of ${size} was asked for out of ${examples.length} examples; expected a whole number from 1 to ${examples.length}.`,
    );
  }
  const kept = chosen(examples.length, size, [randomStreams.subset, seed]);
  return examples.filter((_, index) => kept[index] === 1);
}

/** 1 for the chosen, 0 for the others; shape [count]. */
function chosen(count: number, size: number, key: readonly number[]): Uint8Array {
  const marks = new Uint8Array(count);
  for (const index of randomOrder(count, keyedRandom(key)).subarray(0, size)) marks[index] = 1;
  return marks;
}
