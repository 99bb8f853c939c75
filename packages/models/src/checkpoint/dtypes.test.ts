import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeFloat32 } from "./dtypes.ts";

/** The value of a binary float by its definition, in float64, where all of them are exact. */
function valueByDefinition(bits: number, exponentBits: number, fractionBits: number): number {
  const sign = bits >> (exponentBits + fractionBits) === 1 ? -1 : 1;
  const exponent = (bits >> fractionBits) & (2 ** exponentBits - 1);
  const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1)
    return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias);
  return sign * (1 + fraction) * 2 ** (exponent - bias);
}

describe("16-bit floats", () => {
  test.each([
    ["F16", 5, 10],
    ["BF16", 8, 7],
  ] as const)("all 65,536 of %s are decoded exactly", (dtype, exponentBits, fractionBits) => {
    const halves = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
    const values = decodeFloat32(new Uint8Array(halves.buffer), dtype);
    const wrong = [...values].flatMap((value, bits) =>
      Object.is(value, valueByDefinition(bits, exponentBits, fractionBits)) ? [] : [bits],
    );
    expect(wrong).toEqual([]);
  });
});

describe("the other element types", () => {
  const properties = {
    F64: (values: readonly number[]) => Float64Array.from(values),
    F32: (values: readonly number[]) => Float32Array.from(values),
    I32: (values: readonly number[]) => Int32Array.from(values),
    U32: (values: readonly number[]) => Uint32Array.from(values),
    I16: (values: readonly number[]) => Int16Array.from(values),
    U16: (values: readonly number[]) => Uint16Array.from(values),
    I8: (values: readonly number[]) => Int8Array.from(values),
    U8: (values: readonly number[]) => Uint8Array.from(values),
  };

  test.each(Object.keys(properties) as (keyof typeof properties)[])(
    "%s comes out as the nearest float",
    (dtype) => {
      fc.assert(
        fc.property(fc.array(fc.oneof(fc.double(), fc.integer())), (numbers) => {
          const typed = properties[dtype](numbers);
          const values = decodeFloat32(new Uint8Array(typed.buffer), dtype);
          expect([...values]).toEqual([...typed].map(Math.fround));
        }),
      );
    },
  );

  test.each(["I64", "U64"] as const)("%s comes out as the nearest float", (dtype) => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n })), (numbers) => {
        const typed = dtype === "I64" ? BigInt64Array.from(numbers) : BigUint64Array.from(numbers);
        const values = decodeFloat32(new Uint8Array(typed.buffer), dtype);
        expect([...values]).toEqual([...typed].map((number) => Math.fround(Number(number))));
      }),
    );
  });
});
