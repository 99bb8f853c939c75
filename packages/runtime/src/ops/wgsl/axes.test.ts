import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { elementCount } from "../../graph/spec.ts";
import { broadcastStrides, collapseAxes, rowMajorStrides } from "./axes.ts";

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 5 });

/** The offsets that a walk visits for one operand, in order. */
function offsets(sizes: readonly number[], strides: readonly number[]): readonly number[] {
  return Array.from({ length: elementCount(sizes) }, (_, index) => {
    let [rest, offset] = [index, 0];
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      const size = sizes[axis] as number;
      offset += (rest % size) * (strides[axis] as number);
      rest = Math.floor(rest / size);
    }
    return offset;
  });
}

describe("walks over several operands", () => {
  it("visit the same places in the same order with fewer axes", () => {
    const broadcasts = shapes.chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }),
      ),
    );
    fc.assert(
      fc.property(broadcasts, ([shape, repeated]) => {
        const narrow = shape.map((size, axis) => (repeated[axis] === true ? 1 : size));
        const strides = [rowMajorStrides(shape), broadcastStrides(narrow, shape)];
        const collapsed = collapseAxes({ sizes: shape, strides });
        strides.forEach((operand, index) => {
          expect(offsets(collapsed.sizes, collapsed.strides[index] ?? [])).toEqual(offsets(shape, operand));
        });
        expect(collapsed.sizes.length).toBeLessThanOrEqual(Math.max(1, shape.length));
      }),
    );
  });

  it("merge what all operands walk as one axis", () => {
    const sizes = [2, 3, 5];
    const dense = rowMajorStrides(sizes);
    expect(collapseAxes({ sizes, strides: [dense, dense] }).sizes).toEqual([30]);
    expect(collapseAxes({ sizes, strides: [dense, broadcastStrides([5], sizes)] }).sizes).toEqual([6, 5]);
    expect(collapseAxes({ sizes: [], strides: [[]] }).sizes).toEqual([1]);
  });
});
