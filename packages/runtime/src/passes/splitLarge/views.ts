import type { ValueId } from "../../graph/graph.ts";
import type { Shape } from "../../graph/spec.ts";
import { elementCount } from "../../graph/spec.ts";
import type { Box, Range } from "../../ops/windows.ts";
import { boxShape } from "../../ops/windows.ts";
import type { Part } from "./assemble.ts";
import { assemble, reshaped } from "./assemble.ts";
import type { Cuts } from "./boxes.ts";
import { isBoxContiguous, isCut, isGridContiguous } from "./boxes.ts";
import type { GraphEmitter, Provenance } from "./emitter.ts";

/** Neighbouring axes of one shape that hold the same elements as neighbouring axes of another: `[start, end)` of each. */
interface AxisGroup {
  readonly from: Range;
  readonly to: Range;
}

/** The smallest groups of axes between which a reshape moves nothing. */
function axisGroups(from: Shape, to: Shape): readonly AxisGroup[] {
  const groups: AxisGroup[] = [];
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    const [firstFrom, firstTo] = [i, j];
    let left = from[i++] ?? 1;
    let right = to[j++] ?? 1;
    while (left !== right) {
      if (left < right) left *= from[i++] as number;
      else right *= to[j++] as number;
    }
    i = Math.min(i, from.length);
    j = Math.min(j, to.length);
    groups.push({ from: { start: firstFrom, end: i }, to: { start: firstTo, end: j } });
  }
  return groups;
}

const within = <Item>(items: readonly Item[], { start, end }: Range): readonly Item[] =>
  items.slice(start, end);

/**
 * The cuts of a reshaped tensor that lie between the same elements as those of the original; null where there are none.
 */
export function carriedCuts(from: Shape, cuts: readonly Cuts[], to: Shape): readonly Cuts[] | null {
  const carried = axisGroups(from, to).map((group): readonly Cuts[] | null => {
    const [own, target] = [within(cuts, group.from), within(to, group.to)];
    if (!own.some(isCut)) return target.map((size) => [0, size]);
    return isGridContiguous(own) ? cutsBetween(flatCuts(own), target) : null;
  });
  return carried.includes(null) ? null : carried.flatMap((group) => group ?? []);
}

/** The cuts of a contiguous grid as places in row-major order. */
function flatCuts(cuts: readonly Cuts[]): Cuts {
  const sizes = cuts.map((axis) => axis.at(-1) as number);
  const last = cuts.findLastIndex(isCut);
  const inner = elementCount(sizes.slice(last + 1));
  const outer = elementCount(sizes.slice(0, last));
  const [own, size] = [cuts[last] as Cuts, sizes[last] as number];
  const places = Array.from({ length: outer }, (_, place) => own.map((cut) => (place * size + cut) * inner));
  return [...new Set(places.flat())];
}

/** The contiguous grid over `shape` whose cuts are at `places` of the row-major order. */
function cutsBetween(places: Cuts, shape: Shape): readonly Cuts[] | null {
  for (const [axis, size] of shape.entries()) {
    const inner = elementCount(shape.slice(axis + 1));
    if (places.some((place) => place % inner !== 0)) continue;
    const own = places.map((place) => place / inner).filter((place) => place <= size);
    const outer = elementCount(shape.slice(0, axis));
    const isRegular = own.at(-1) === size && places.length === outer * (own.length - 1) + 1;
    const cuts = shape.map((length, index): Cuts => {
      if (index === axis) return own;
      return index < axis ? Array.from({ length: length + 1 }, (_, place) => place) : [0, length];
    });
    return isRegular && flatCuts(cuts).every((place, index) => place === places[index]) ? cuts : null;
  }
  return null;
}

/**
 * A value that holds a box of a reshaped tensor.
 * @param read gives a value that holds a box of the tensor before it was reshaped
 */
export function readView(
  emitter: GraphEmitter,
  from: Shape,
  to: Shape,
  box: Box,
  read: (box: Box) => ValueId,
  about: Provenance,
): ValueId {
  const groups = axisGroups(from, to);
  const scattered = groups.find((group) => !isBoxContiguous(within(box, group.to), within(to, group.to)));
  if (scattered !== undefined) {
    // Place by place of the first axis with more than one: what is left lies closer together.
    const axis = box.findIndex(({ start, end }, i) => i >= scattered.to.start && end - start > 1);
    const { start, end } = box[axis] as Range;
    const slabs = Array.from({ length: end - start }, (_, place) => {
      const range = { start: start + place, end: start + place + 1 };
      const slab = box.map((whole, i) => (i === axis ? range : whole));
      return readView(emitter, from, to, slab, read, about);
    });
    return emitter.one("concat", slabs, { axis }, about);
  }
  // Each group as one axis of its elements in row-major order: there both shapes are the same.
  const flatBox = groups.map((group): Range => {
    const [own, sizes] = [within(box, group.to), within(to, group.to)];
    const start = own.reduce((place, range, i) => place * (sizes[i] as number) + range.start, 0);
    return { start, end: start + elementCount(boxShape(own)) };
  });
  const choices = groups.map((group, index) =>
    contiguousBoxes(within(from, group.from), flatBox[index] as Range),
  );
  const parts = choices
    .reduce<readonly (readonly GroupPart[])[]>(
      (made, group) => made.flatMap((before) => group.map((part) => [...before, part])),
      [[]],
    )
    .map((chosen): Part => {
      const flat = chosen.map(({ range }) => range);
      const source = chosen.flatMap(({ box: own }) => own);
      return { box: flat, make: () => reshaped(emitter, read(source), boxShape(flat), about) };
    });
  return reshaped(emitter, assemble(emitter, flatBox, parts, about), boxShape(box), about);
}

interface GroupPart {
  readonly box: Box;
  readonly range: Range;
}

/** The boxes of a shape that, after each other, hold a range of its elements in row-major order. */
function contiguousBoxes(shape: Shape, range: Range): readonly GroupPart[] {
  const [size, ...rest] = shape;
  if (size === undefined) return [{ box: [], range }];
  const inner = elementCount(rest);
  const [first, last] = [Math.floor(range.start / inner), Math.floor((range.end - 1) / inner)];
  const rows = (start: number, end: number): GroupPart => ({
    box: [{ start, end }, ...rest.map((length) => ({ start: 0, end: length }))],
    range: { start: start * inner, end: end * inner },
  });
  const partOfRow = (row: number, start: number, end: number): readonly GroupPart[] => {
    const origin = row * inner;
    return contiguousBoxes(rest, { start: start - origin, end: end - origin }).map((part) => ({
      box: [{ start: row, end: row + 1 }, ...part.box],
      range: { start: part.range.start + origin, end: part.range.end + origin },
    }));
  };
  const startsFull = range.start % inner === 0;
  const endsFull = range.end % inner === 0;
  if (startsFull && endsFull) return [rows(first, last + 1)];
  if (first === last) return partOfRow(first, range.start, range.end);
  const [fullFrom, fullTo] = [startsFull ? first : first + 1, endsFull ? last + 1 : last];
  return [
    ...(startsFull ? [] : partOfRow(first, range.start, (first + 1) * inner)),
    ...(fullFrom < fullTo ? [rows(fullFrom, fullTo)] : []),
    ...(endsFull ? [] : partOfRow(last, last * inner, range.end)),
  ];
}
