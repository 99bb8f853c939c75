/** How distances between tokens share the rows of the table of relative positions. */
export interface RelativePositionRule {
  /** Buckets to either side; the table has twice as many rows. */
  readonly positionBuckets: number;
  readonly maxRelativePositions: number;
}

/**
 * Row of the table for the distance query - key: a row of its own for each distance up to half of the buckets, and
 * beyond that buckets whose width grows with the logarithm of the distance (He et al. 2021, as in `transformers`).
 */
export function relativeRow(distance: number, rule: RelativePositionRule): number {
  const { positionBuckets } = rule;
  const row = positionBuckets + bucketOf(distance, rule);
  return Math.min(Math.max(row, 0), 2 * positionBuckets - 1);
}

function bucketOf(distance: number, { positionBuckets, maxRelativePositions }: RelativePositionRule): number {
  const middle = Math.floor(positionBuckets / 2);
  const far = Math.abs(distance);
  if (far <= middle) return distance;
  // Step by step in f32 as in PyTorch: `ceil` of a quotient that is nearly whole depends on its last bit.
  const single = Math.fround;
  const logarithm = single(Math.log(single(far / middle)));
  const longest = single(Math.log(single((maxRelativePositions - 1) / middle)));
  const fraction = single(logarithm / longest);
  return Math.sign(distance) * (Math.ceil(single(fraction * (middle - 1))) + middle);
}

/** Which rows of the table the distances within `length` tokens look at. */
export interface UsedRows {
  readonly first: number;
  readonly count: number;
  /** For each distance from -length to length - 1 its row, counted from `first`. The first is there to make them even. */
  readonly ofDistance: readonly number[];
}

export function usedRows(length: number, rule: RelativePositionRule): UsedRows {
  const rows = Array.from({ length: 2 * length }, (_, index) => relativeRow(index - length, rule));
  const [first, last] = [rows.at(0) ?? 0, rows.at(-1) ?? 0];
  return { first, count: last - first + 1, ofDistance: rows.map((row) => row - first) };
}
