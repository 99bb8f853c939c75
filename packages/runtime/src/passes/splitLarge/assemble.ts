import type { ValueId } from "../../graph/graph.ts";
import { sameShape } from "../../graph/spec.ts";
import type { Box } from "../../ops/windows.ts";
import { boxShape, intersect, wholeBox } from "../../ops/windows.ts";
import { formatBox, relativeTo, sameBox } from "./boxes.ts";
import type { GraphEmitter, Provenance } from "./emitter.ts";
import type { SplitValue } from "./splitValue.ts";

/** A box of a tensor and how to get a value that holds it. */
export interface Part {
  readonly box: Box;
  readonly make: () => ValueId;
}

/**
 * A value that holds `box`, put together from parts in it; what none covers is zero. The parts must lie so that cuts
 * through the box, which meet no part, tell them apart: parts of a grid do.
 */
export function assemble(
  emitter: GraphEmitter,
  box: Box,
  parts: readonly Part[],
  about: Provenance,
): ValueId {
  const [only] = parts;
  if (only === undefined) {
    return emitter.one("broadcastTo", [emitter.scalar(0)], { shape: boxShape(box) }, about);
  }
  if (sameBox(only.box, box)) return only.make();
  for (const [axis, { start, end }] of box.entries()) {
    const ranges = parts.map((part) => part.box[axis] as { start: number; end: number });
    const places = new Set([start, end, ...ranges.flatMap((range) => [range.start, range.end])]);
    const cuts = [...places]
      .filter((place) => !ranges.some((range) => range.start < place && place < range.end))
      .toSorted((a, b) => a - b);
    if (cuts.length === 2) continue;
    const slabs = cuts.slice(1).map((to, index): ValueId => {
      const slab = box.map((range, i) => (i === axis ? { start: cuts[index] as number, end: to } : range));
      return assemble(
        emitter,
        slab,
        parts.filter((part) => intersect(part.box, slab) !== null),
        about,
      );
    });
    return emitter.one("concat", slabs, { axis }, about);
  }
  throw new RangeError(`The parts of ${about.name} cannot be told apart by cuts.`);
}

/**
 * A value that holds a box of another, made of slices and concatenations where no piece is that box. None of what is made
 * on the way is larger than the box or the piece.
 */
export function readBox(emitter: GraphEmitter, value: SplitValue, box: Box, about: Provenance): ValueId {
  const parts = value.pieces.flatMap((piece): readonly Part[] => {
    const shared = intersect(piece.box, box);
    return shared === null
      ? []
      : [{ box: shared, make: () => sliceTo(emitter, piece.id, relativeTo(shared, piece.box), about) }];
  });
  const name = sameBox(box, wholeBox(value.shape))
    ? value.name
    : `${value.name}${formatBox(box, value.shape)}`;
  const own = { ...about, name, gradientOf: value.gradientOf };
  const [only] = parts;
  if (parts.length === 1 && only !== undefined && sameBox(only.box, box)) {
    // The only part that may stay f16: nothing is moved.
    const piece = value.pieces.find((candidate) => sameBox(candidate.box, box));
    return piece?.id ?? only.make();
  }
  return assemble(emitter, box, parts, own);
}

/** The box of one value, by a slice of each axis that is not whole. What is f16 becomes f32 first. */
function sliceTo(emitter: GraphEmitter, id: ValueId, box: Box, about: Provenance): ValueId {
  let result = id;
  if (emitter.spec(id).dtype === "f16") result = emitter.one("toFloat32", [id], {}, about);
  for (const [axis, { start, end }] of box.entries()) {
    if (end - start === emitter.spec(result).shape[axis]) continue;
    result = emitter.one("slice", [result], { axis, start, length: end - start }, about);
  }
  return result;
}

export function reshaped(
  emitter: GraphEmitter,
  id: ValueId,
  shape: readonly number[],
  about: Provenance,
): ValueId {
  return sameShape(emitter.spec(id).shape, shape) ? id : emitter.one("reshape", [id], { shape }, about);
}
