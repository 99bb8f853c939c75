import type { Shape } from "../../graph/spec.ts";
import type { Box, Range } from "../../ops/windows.ts";

/** Places at which an axis is cut, its two ends among them, rising. */
export type Cuts = readonly number[];

export function sameBox(a: Box, b: Box): boolean {
  return a.every(({ start, end }, axis) => start === b[axis]?.start && end === b[axis]?.end);
}

/** `inner` as seen from the first place of `outer`. */
export function relativeTo(inner: Box, outer: Box): Box {
  return inner.map(({ start, end }, axis) => {
    const origin = (outer[axis] as Range).start;
    return { start: start - origin, end: end - origin };
  });
}

/** Tells boxes of one tensor apart. */
export function boxKey(box: Box): string {
  return box.map(({ start, end }) => `${start}:${end}`).join();
}

/** In the notation of Python's slices: `[0:10, 3:4]`; axes taken whole at the end are left out. */
export function formatBox(box: Box, shape: Shape): string {
  const isWhole = box.map(({ start, end }, axis) => start === 0 && end === shape[axis]);
  const named = box.slice(0, isWhole.lastIndexOf(false) + 1);
  return `[${named.map(({ start, end }) => `${start}:${end}`).join(", ")}]`;
}

export function rangesOf(cuts: Cuts): readonly Range[] {
  return cuts.slice(1).map((end, index) => ({ start: cuts[index] as number, end }));
}

/** The boxes between the cuts of all axes, in row-major order. */
export function gridBoxes(cuts: readonly Cuts[]): readonly Box[] {
  return cuts.reduce<readonly Box[]>(
    (boxes, axis) => boxes.flatMap((box) => rangesOf(axis).map((range) => [...box, range])),
    [[]],
  );
}

export function isCut(cuts: Cuts): boolean {
  return cuts.length > 2;
}

/**
 * Whether the boxes between the cuts are elements that follow each other in row-major order: up to one axis each place
 * by itself, after it all places together.
 */
export function isGridContiguous(cuts: readonly Cuts[]): boolean {
  const last = cuts.findLastIndex(isCut);
  return cuts.slice(0, Math.max(0, last)).every((axis) => rangesOf(axis).every(isOnePlace));
}

/** Whether the elements of a box follow each other in a tensor of `shape`. */
export function isBoxContiguous(box: Box, shape: Shape): boolean {
  const first = box.findIndex((range) => !isOnePlace(range));
  return first < 0 || box.slice(first + 1).every(({ start, end }, i) => end - start === shape[first + 1 + i]);
}

function isOnePlace({ start, end }: Range): boolean {
  return end - start === 1;
}
