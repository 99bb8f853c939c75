import { InputError } from "../errors.ts";

/** The largest finite value of an IEEE 754 binary16. */
const LARGEST_HALF = 65_504;

/** Bits of IEEE 754 binary16 (1 sign, 5 exponent, 10 fraction bits) as the floats that they stand for, exactly. */
export function decodeHalf(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(halves.length);
  for (let index = 0; index < halves.length; index++) bits[index] = floatBitsOfHalf(halves[index] as number);
  return new Float32Array(bits.buffer);
}

/**
 * Floats as bits of IEEE 754 binary16, rounded to the nearest, ties to even.
 * @param name of the tensor, for the error
 * @throws InputError for a value that f16 cannot hold, as it would become an infinity
 */
export function encodeHalf(name: string, values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let index = 0; index < values.length; index++) {
    const half = halfOfFloatBits(bits[index] as number);
    if ((half & 0x7c00) === 0x7c00) {
      throw new InputError(
        `${name} holds ${values[index]}; f16 holds finite values up to ${LARGEST_HALF}.`,
        "Store the frozen weights as f32.",
      );
    }
    halves[index] = half;
  }
  return halves;
}

function floatBitsOfHalf(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Subnormal: shift the leading one to where a normal number has its hidden one.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

function halfOfFloatBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200);
  if (exponent > 142) return sign | 0x7c00;
  if (exponent < 102) return sign;
  // Below 2^-14 the fraction with its hidden one is shifted further right, one place for every power of two.
  const isSubnormal = exponent < 113;
  const significand = isSubnormal ? fraction | 0x800000 : fraction;
  const dropped = isSubnormal ? 126 - exponent : 13;
  const kept = significand >>> dropped;
  const rest = significand & (2 ** dropped - 1);
  const half = 2 ** (dropped - 1);
  const roundUp = rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0;
  // A carry out of the fraction raises the exponent by one, which is just what rounding up means.
  return sign | ((isSubnormal ? 0 : (exponent - 112) << 10) + kept + roundUp);
}
