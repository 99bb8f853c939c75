import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeHalf, encodeHalf } from "./half.ts";

const allHalves = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
const finiteHalves = allHalves.filter((bits) => (bits & 0x7c00) !== 0x7c00);

describe("f16", () => {
  it("encodes every value that f16 has to its own bits", () => {
    expect(encodeHalf("w", decodeHalf(finiteHalves))).toEqual(finiteHalves);
  });

  it("rounds to the nearest value that f16 has, ties to even bits", () => {
    const ascending = finiteHalves.filter((bits) => bits < 0x8000);
    const values = decodeHalf(ascending);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: values.length - 2 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (at, part) => {
          const [low, high] = [values[at] as number, values[at + 1] as number];
          for (const share of [part, 0.5]) {
            const value = Math.fround(low + (high - low) * share);
            const [toLow, toHigh] = [value - low, high - value];
            const expected = toLow === toHigh ? (at % 2 === 0 ? at : at + 1) : toLow < toHigh ? at : at + 1;
            expect(encodeHalf("w", Float32Array.of(value, -value))).toEqual(
              Uint16Array.of(expected, expected | 0x8000),
            );
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("rounds what is too small for f16 to zero", () => {
    expect(encodeHalf("w", Float32Array.of(2 ** -25, 2 ** -26, 1e-45, 0, -0))).toEqual(
      Uint16Array.of(0, 0, 0, 0, 0x8000),
    );
  });

  it.each([65_520, -1e30, Number.POSITIVE_INFINITY, Number.NaN])(
    "refuses %d by the tensor's name",
    (value) => {
      expect(() => encodeHalf("encoder.weight", Float32Array.of(1, value))).toThrow(
        /encoder\.weight holds .*finite values up to 65504/,
      );
    },
  );
});
