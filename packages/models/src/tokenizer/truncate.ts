/**
 * How many tokens of each of two sequences to keep so that they have at most `limit` together, as the strategy
 * `longest_first` of the `tokenizers` library: tokens go from the longer one until both are equally long, then from
 * both; where the limit is odd, the longer keeps one more (the second, if they were equally long).
 * @param limit number of tokens without special ones
 */
export function longestFirst(
  firstLength: number,
  secondLength: number,
  limit: number,
): readonly [number, number] {
  if (firstLength + secondLength <= limit) return [firstLength, secondLength];
  const isFirstLonger = firstLength > secondLength;
  const shorter = Math.min(firstLength, secondLength, Math.floor(limit / 2));
  const longer = limit - shorter;
  return isFirstLonger ? [longer, shorter] : [shorter, longer];
}
