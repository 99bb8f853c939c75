import type { Tensor } from "@peftbench/runtime";

/** Most comparisons at a time: 16 MB of flags. 224 matrices of rank 96 would need 1.8 GB at once. */
const COMPARISONS_AT_ONCE = 2 ** 22;

/**
 * Flags [n], 1 for scores that are larger than the `count`-th smallest of all. Equal ones go together, as with a
 * threshold. 0 keeps all.
 *
 * @param scores [n]
 * @param count a scalar, from 0 to n
 */
export function largerThanSmallest(
  scores: Tensor,
  count: Tensor,
  comparisonsAtOnce = COMPARISONS_AT_ONCE,
): Tensor {
  const total = scores.size(0);
  const rows = Math.min(total, Math.max(1, Math.floor(comparisonsAtOnce / total)));
  const parts: Tensor[] = [];
  for (let start = 0; start < total; start += rows) {
    const length = Math.min(rows, total - start);
    const some = scores.slice(0, start, length).reshape([length, 1]);
    const smaller = some.greater(scores.reshape([1, total])).sum([1]);
    // A score is at most the count-th smallest where fewer than `count` are smaller.
    parts.push(smaller.greater(count.sub(0.5)));
  }
  const [first, ...rest] = parts as [Tensor, ...Tensor[]];
  return rest.length === 0 ? first : first.concat(rest, 0);
}
