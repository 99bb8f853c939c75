import { TaskArgumentError } from "../errors.ts";

/** How to choose bucket lengths. */
export interface BucketOptions {
  /** Greatest length in tokens that the model is given. */
  readonly maxLength: number;
  /** Rows in a batch: with it, the padding rows of each bucket's last batch count as padding too. Default 1. */
  readonly batchSize?: number;
  /** At most so many buckets, each of which costs a graph of its own. Default 4. */
  readonly maxBuckets?: number;
  /** Bucket lengths are multiples of this, or `maxLength` itself. Default 8. */
  readonly multiple?: number;
}

/**
 * Chooses the bucket lengths that need the fewest tokens in all when every example is padded to the next bucket and
 * every bucket's last batch is filled up: the exact minimum, by dynamic programming over the lengths that occur. Of
 * choices that cost the same it takes the one with fewest buckets.
 * @param lengths numbers of tokens, each from 1 to `maxLength`; shape [examples]
 * @returns bucket lengths in rising order; the last one takes the longest example
 * @throws {TaskArgumentError} for no examples, a length out of range or an option below 1
 */
export function chooseBuckets(lengths: ArrayLike<number>, options: BucketOptions): readonly number[] {
  const { maxLength, batchSize = 1, maxBuckets = 4, multiple = 8 } = options;
  for (const [name, value] of Object.entries({ maxLength, batchSize, maxBuckets, multiple })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new TaskArgumentError(`${name} is ${value}; expected a whole number of at least 1.`);
    }
  }
  const candidates = countRoundedLengths(lengths, maxLength, multiple);
  const size = candidates.length;
  const examplesUpTo = [0];
  for (const { count } of candidates) examplesUpTo.push((examplesUpTo.at(-1) ?? 0) + count);

  /** Tokens of one bucket that takes the candidates from `first` up to, not including, `end`. */
  const bucketTokens = (first: number, end: number): number => {
    const count = (examplesUpTo[end] ?? 0) - (examplesUpTo[first] ?? 0);
    return (candidates[end - 1]?.length ?? 0) * Math.ceil(count / batchSize) * batchSize;
  };

  // tokens[end]: the fewest for the first `end` candidates in `used` buckets; starts[used - 1][end]: where the last
  // of these buckets starts.
  let tokens = Array.from({ length: size + 1 }, (_, end) => (end === 0 ? 0 : Number.POSITIVE_INFINITY));
  const starts: number[][] = [];
  let best = { tokens: Number.POSITIVE_INFINITY, used: 0 };
  for (let used = 1; used <= Math.min(maxBuckets, size); used++) {
    const nextTokens = new Array<number>(size + 1).fill(Number.POSITIVE_INFINITY);
    const nextStarts = new Array<number>(size + 1).fill(0);
    for (let end = used; end <= size; end++) {
      for (let first = used - 1; first < end; first++) {
        const total = (tokens[first] ?? Number.POSITIVE_INFINITY) + bucketTokens(first, end);
        if (total < (nextTokens[end] ?? 0)) {
          nextTokens[end] = total;
          nextStarts[end] = first;
        }
      }
    }
    tokens = nextTokens;
    starts.push(nextStarts);
    const total = tokens[size] ?? Number.POSITIVE_INFINITY;
    if (total < best.tokens) best = { tokens: total, used };
  }

  const buckets: number[] = [];
  for (let used = best.used, end = size; used > 0; used--) {
    buckets.unshift(candidates[end - 1]?.length ?? 0);
    end = starts[used - 1]?.[end] ?? 0;
  }
  return buckets;
}

/**
 * The place in `buckets` of the shortest bucket that takes a sequence.
 * @throws {TaskArgumentError} where none does
 */
export function bucketIndex(length: number, buckets: readonly number[]): number {
  const index = buckets.findIndex((bucket) => length <= bucket);
  if (index !== -1) return index;
  throw new TaskArgumentError(
    `A sequence has ${length} tokens; expected at most ${buckets.at(-1) ?? "(there are no buckets)"}, the longest bucket. ` +
      "Choose buckets from these lengths, or truncate when tokenizing.",
  );
}

function countRoundedLengths(
  lengths: ArrayLike<number>,
  maxLength: number,
  multiple: number,
): readonly { readonly length: number; readonly count: number }[] {
  if (lengths.length === 0) {
    throw new TaskArgumentError(
      "There are no lengths to choose buckets from; expected at least one example.",
    );
  }
  const counts = new Map<number, number>();
  for (let index = 0; index < lengths.length; index++) {
    const length = lengths[index] ?? 0;
    if (!Number.isInteger(length) || length < 1 || length > maxLength) {
      throw new TaskArgumentError(
        `Example ${index} has ${length} tokens; expected a whole number from 1 to ${maxLength}. Truncate when tokenizing.`,
      );
    }
    const rounded = Math.min(Math.ceil(length / multiple) * multiple, maxLength);
    counts.set(rounded, (counts.get(rounded) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => a - b).map(([length, count]) => ({ length, count }));
}
