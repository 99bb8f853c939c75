import type { Shape } from "../../graph/spec.ts";
import { elementCount } from "../../graph/spec.ts";
import type { Cuts } from "./boxes.ts";
import { rangesOf } from "./boxes.ts";

/**
 * Cuts an axis into nearly equal ranges of at most `longest` places, each but the last a multiple of `step`. Their number
 * is a power of two, so that the cuts of a tensor with larger rows are among those of one with smaller rows: a window of
 * one is then made of windows of the other, or lies in one.
 * @returns null where `step` places are too many
 */
export function evenCuts(size: number, longest: number, step = 1): Cuts | null {
  const steps = Math.ceil(size / step);
  for (let parts = 1; parts < 2 * steps; parts *= 2) {
    const cuts = cutsInto(size, steps, Math.min(parts, steps), step);
    if (longestRange(cuts) <= longest) return cuts;
  }
  const finest = cutsInto(size, steps, steps, step);
  return longestRange(finest) <= longest ? finest : null;
}

function cutsInto(size: number, steps: number, parts: number, step: number): Cuts {
  return Array.from({ length: parts + 1 }, (_, part) =>
    part === parts ? size : Math.floor((part * steps) / parts) * step,
  );
}

export function longestRange(cuts: Cuts): number {
  return Math.max(...rangesOf(cuts).map(({ start, end }) => end - start));
}

/** Cuts of both. */
export function mergeCuts(a: Cuts, b: Cuts): Cuts {
  return [...new Set([...a, ...b])].toSorted((left, right) => left - right);
}

/**
 * Cuts of all axes between which lie boxes of at most `mostElements` elements that follow each other in row-major order:
 * the first axis into ranges, or into single places and then the next axis.
 * @param multiple what the number of elements in each box but the last must be a multiple of: 1 or 2
 * @returns null where that cannot be
 */
export function contiguousCuts(
  shape: Shape,
  mostElements: number,
  multiple: 1 | 2 = 1,
): readonly Cuts[] | null {
  const [size, ...rest] = shape;
  if (size === undefined) return mostElements >= 1 ? [] : null;
  const inner = elementCount(rest);
  const together = Math.floor(mostElements / inner);
  const step = inner % multiple === 0 ? 1 : multiple;
  if (together >= step || size === 1) {
    const cuts = together >= 1 ? evenCuts(size, together, step) : null;
    if (cuts !== null) return [cuts, ...rest.map((length) => [0, length])];
  }
  if (step > 1 && size > 1) return null;
  const within = contiguousCuts(rest, mostElements, multiple);
  return within === null ? null : [Array.from({ length: size + 1 }, (_, place) => place), ...within];
}
