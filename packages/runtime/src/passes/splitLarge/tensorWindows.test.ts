import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DType } from "../../graph/spec.ts";
import { byteSize, elementCount } from "../../graph/spec.ts";
import { profileShowing } from "../../testing/splitGraph.ts";
import { CannotSplitError } from "./errors.ts";
import { tensorWindows } from "./tensorWindows.ts";

const shapes = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 4 });

describe("the windows of a tensor", () => {
  it("hold all its elements in order, as boxes that one binding shows, under names of their own", () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 60 }), (shape, limit) => {
        const windows = tensorWindows("x", { shape, dtype: "f32" }, profileShowing(limit));
        let next = 0;
        for (const window of windows) {
          expect(window.firstElement).toBe(next);
          expect(window.elements).toBe(elementCount(window.shape));
          expect(window.elements).toBeLessThanOrEqual(limit);
          // The number of its first place, counted row by row, is that of its first element.
          const place = window.box.reduce((sum, { start }, axis) => sum * (shape[axis] as number) + start, 0);
          expect(place).toBe(window.firstElement);
          next += window.elements;
        }
        expect(next).toBe(elementCount(shape));
        expect(new Set(windows.map(({ name }) => name)).size).toBe(windows.length);
      }),
    );
  });

  it("of f16 begin and end at four bytes, or are refused", () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 2, max: 60 }), (shape, limit) => {
        fc.pre(elementCount(shape) % 2 === 0);
        try {
          for (const window of tensorWindows("x", { shape, dtype: "f16" }, profileShowing(limit))) {
            expect(byteSize(window) % 4).toBe(0);
          }
        } catch (error) {
          // A row of odd length that alone fills a binding.
          expect(error).toBeInstanceOf(CannotSplitError);
        }
      }),
    );
  });

  it("is the tensor itself where it fits", () => {
    const spec = { shape: [3, 4], dtype: "f32" as DType };
    expect(tensorWindows("x", spec, profileShowing(12))).toMatchObject([
      { name: "x", ...spec, elements: 12 },
    ]);
  });

  it("are named by their places", () => {
    const names = (shape: readonly number[], limit: number): readonly string[] =>
      tensorWindows("words", { shape, dtype: "f32" }, profileShowing(limit)).map(({ name }) => name);
    expect(names([61, 8], 256)).toEqual(["words[0:30]", "words[30:61]"]);
    expect(names([2, 6], 3)).toEqual([
      "words[0:1, 0:3]",
      "words[0:1, 3:6]",
      "words[1:2, 0:3]",
      "words[1:2, 3:6]",
    ]);
  });
});
