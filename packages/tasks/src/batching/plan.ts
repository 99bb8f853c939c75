import { TaskArgumentError } from "../errors.ts";
import { keyedRandom, randomStreams, shuffle } from "../random.ts";
import { bucketIndex } from "./buckets.ts";

/** Which examples go into one batch, and the length they are padded to. */
export interface BatchPlan {
  readonly bucketLength: number;
  /** From 1 to `batchSize` examples; the rest of the batch is padding rows. */
  readonly exampleIndices: Int32Array;
}

/** What both kinds of plan need. */
export interface PlanOptions {
  readonly batchSize: number;
  /** Bucket lengths in rising order, from `chooseBuckets`. */
  readonly buckets: readonly number[];
}

/**
 * The batches of one training epoch: examples in random order within their bucket, batches of all buckets in random
 * order, each example exactly once. In the first epoch (0) a batch of the longest bucket comes first, so that a run
 * that does not fit in memory fails at once. The plan depends on nothing but the arguments: a resumed run makes it
 * again and goes on in its midst.
 * @param lengths numbers of tokens, shape [examples]
 * @throws {TaskArgumentError} for a length above the longest bucket, or a wrong option
 */
export function planEpoch(
  lengths: ArrayLike<number>,
  options: PlanOptions & { readonly seed: number; readonly epoch: number },
): readonly BatchPlan[] {
  const random = keyedRandom([randomStreams.epoch, options.seed, options.epoch]);
  const inOrder = groupByBucket(lengths, options).flatMap(({ bucketLength, members }) => {
    shuffle(members, random);
    return cut(members, bucketLength, options.batchSize);
  });
  const order = inOrder.map((_, index) => index);
  shuffle(order, random);
  if (options.epoch === 0) bringLongestForward(order, inOrder);
  return order.flatMap((index) => inOrder[index] ?? []);
}

/**
 * The batches of an evaluation: no randomness, from the longest example to the shortest, equal ones in their order.
 * @param lengths numbers of tokens, shape [examples]
 * @throws {TaskArgumentError} as for {@link planEpoch}
 */
export function planEvaluation(lengths: ArrayLike<number>, options: PlanOptions): readonly BatchPlan[] {
  return groupByBucket(lengths, options)
    .reverse()
    .flatMap(({ bucketLength, members }) => {
      members.sort((a, b) => (lengths[b] ?? 0) - (lengths[a] ?? 0) || a - b);
      return cut(members, bucketLength, options.batchSize);
    });
}

/** The number of batches of every epoch, so that step = epoch x batchesPerEpoch + place in the epoch's plan. */
export function batchesPerEpoch(lengths: ArrayLike<number>, options: PlanOptions): number {
  let total = 0;
  for (const { members } of groupByBucket(lengths, options))
    total += Math.ceil(members.length / options.batchSize);
  return total;
}

/** Tokens of the examples themselves, and of the whole batches with padding rows and columns. */
export function countTokens(
  plans: readonly BatchPlan[],
  lengths: ArrayLike<number>,
  batchSize: number,
): { readonly tokens: number; readonly paddedTokens: number } {
  let tokens = 0;
  let paddedTokens = 0;
  for (const { bucketLength, exampleIndices } of plans) {
    paddedTokens += bucketLength * batchSize;
    for (const index of exampleIndices) tokens += lengths[index] ?? 0;
  }
  return { tokens, paddedTokens };
}

function bringLongestForward(order: number[], plans: readonly BatchPlan[]): void {
  const longest = Math.max(...plans.map((plan) => plan.bucketLength));
  const place = order.findIndex((index) => plans[index]?.bucketLength === longest);
  const first = order[0];
  const found = order[place];
  if (first === undefined || found === undefined) return;
  order[0] = found;
  order[place] = first;
}

function groupByBucket(
  lengths: ArrayLike<number>,
  options: PlanOptions,
): { readonly bucketLength: number; readonly members: number[] }[] {
  const { batchSize, buckets } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new TaskArgumentError(`batchSize is ${batchSize}; expected a whole number of at least 1.`);
  }
  if (buckets.some((bucket, index) => bucket <= (buckets[index - 1] ?? 0))) {
    throw new TaskArgumentError(`The buckets are ${buckets.join(", ")}; expected lengths in rising order.`);
  }
  const groups = buckets.map((bucketLength) => ({ bucketLength, members: [] as number[] }));
  for (let index = 0; index < lengths.length; index++) {
    groups[bucketIndex(lengths[index] ?? 0, buckets)]?.members.push(index);
  }
  return groups;
}

function cut(members: readonly number[], bucketLength: number, batchSize: number): BatchPlan[] {
  const plans: BatchPlan[] = [];
  for (let start = 0; start < members.length; start += batchSize) {
    plans.push({ bucketLength, exampleIndices: Int32Array.from(members.slice(start, start + batchSize)) });
  }
  return plans;
}
