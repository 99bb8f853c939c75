import type { Tolerance } from "./cases/case.ts";

/**
 * Describes the element that is furthest outside the tolerance, or null where all are within it.
 * NaN is within only where NaN is expected.
 */
export function describeMismatch(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
): string | null {
  if (actual.length !== expected.length) {
    return `${actual.length} elements were made, ${expected.length} are expected`;
  }
  let worst = -1;
  let worstExcess = 0;
  let outside = 0;
  for (let index = 0; index < expected.length; index++) {
    const excess = excessOf(actual[index] as number, expected[index] as number, tolerance);
    if (excess > 0) outside += 1;
    if (excess > worstExcess) {
      worst = index;
      worstExcess = excess;
    }
  }
  if (worst < 0) return null;
  return (
    `element ${worst} is ${actual[worst]}, expected ${expected[worst]}; ` +
    `${outside} of ${expected.length} are outside ${tolerance.absolute} + ${tolerance.relative} |expected|`
  );
}

function excessOf(actual: number, expected: number, { relative, absolute }: Tolerance): number {
  if (Object.is(actual, expected) || actual === expected) return 0;
  const error = Math.abs(actual - expected);
  const excess = error - (absolute + relative * Math.abs(expected));
  return Number.isNaN(excess) ? Number.POSITIVE_INFINITY : excess;
}
