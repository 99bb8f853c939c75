/** Largest absolute difference of two arrays; NaN, and another length, count as infinite. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let index = 0; index < a.length; index++) {
    const difference = Math.abs((a[index] as number) - (b[index] as number));
    largest = Math.max(largest, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }
  return largest;
}

/** |found / reference - 1|; NaN counts as infinite. */
export function relativeDifference(found: number, reference: number): number {
  const difference = Math.abs(found / reference - 1);
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
}
