import { decodeHalf } from "@peftbench/runtime";

/**
 * Element types by the names of the safetensors format, in its order: a file holds tensors of later ones first, so that
 * every tensor is aligned to its element size.
 */
export const dtypes = [
  "BOOL",
  "U8",
  "I8",
  "I16",
  "U16",
  "F16",
  "BF16",
  "I32",
  "U32",
  "F32",
  "F64",
  "I64",
  "U64",
] as const;

export type Dtype = (typeof dtypes)[number];

export const bytesPerElement: Readonly<Record<Dtype, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
};

export function isDtype(name: string): name is Dtype {
  return (dtypes as readonly string[]).includes(name);
}

export function isFloatingPoint(dtype: Dtype): boolean {
  return dtype === "F32" || dtype === "F16" || dtype === "BF16" || dtype === "F64";
}

/** Number of elements of a shape; 1 for a scalar's `[]`. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((count, size) => count * size, 1);
}

/** Where a tensor's element type and shape are known without its values. */
export interface TensorInfo {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: Dtype;
}

/**
 * Little-endian elements as 32-bit floats. F16, BF16, BOOL and the 8 and 16-bit integers come out exactly; F64 and the
 * 32 and 64-bit integers are rounded to the nearest float. May share memory with `bytes`, which must begin at a
 * multiple of the element size in its buffer.
 */
export function decodeFloat32(bytes: Uint8Array<ArrayBuffer>, dtype: Dtype): Float32Array<ArrayBuffer> {
  const { buffer, byteOffset } = bytes;
  const count = bytes.byteLength / bytesPerElement[dtype];
  switch (dtype) {
    case "F32":
      return new Float32Array(buffer, byteOffset, count);
    case "F16":
      return decodeHalf(new Uint16Array(buffer, byteOffset, count));
    case "BF16":
      return decodeBrainFloat(new Uint16Array(buffer, byteOffset, count));
    case "F64":
      return Float32Array.from(new Float64Array(buffer, byteOffset, count));
    case "I64":
      return Float32Array.from(new BigInt64Array(buffer, byteOffset, count), Number);
    case "U64":
      return Float32Array.from(new BigUint64Array(buffer, byteOffset, count), Number);
    case "I32":
      return Float32Array.from(new Int32Array(buffer, byteOffset, count));
    case "U32":
      return Float32Array.from(new Uint32Array(buffer, byteOffset, count));
    case "I16":
      return Float32Array.from(new Int16Array(buffer, byteOffset, count));
    case "U16":
      return Float32Array.from(new Uint16Array(buffer, byteOffset, count));
    case "I8":
      return Float32Array.from(new Int8Array(buffer, byteOffset, count));
    case "U8":
    case "BOOL":
      return Float32Array.from(bytes);
  }
}

/** A bfloat16 is the upper half of a float. */
function decodeBrainFloat(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(halves.length);
  for (let index = 0; index < halves.length; index++) bits[index] = (halves[index] as number) << 16;
  return new Float32Array(bits.buffer);
}
