/** Element types. `f16` is a storage type: arithmetic on it accumulates in f32 (WebGPU only). */
export type DType = "f32" | "f16" | "i32" | "u32";

export type Shape = readonly number[];

/** What is known of a tensor before anything runs. */
export interface TensorSpec {
  readonly shape: Shape;
  readonly dtype: DType;
}

const ELEMENT_BYTES: Readonly<Record<DType, number>> = { f32: 4, f16: 2, i32: 4, u32: 4 };

export function elementCount(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Unpadded size of a tensor in bytes. */
export function byteSize(spec: TensorSpec): number {
  return elementCount(spec.shape) * ELEMENT_BYTES[spec.dtype];
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

export function formatSpec(spec: TensorSpec): string {
  return `${spec.dtype}${formatShape(spec.shape)}`;
}

/** Host-side data of a tensor, by element type. `f16` travels as raw bits. */
export interface HostArrays {
  readonly f32: Float32Array;
  readonly f16: Uint16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
}

export type HostArray = HostArrays[DType];

/** The class of the host data of each element type. */
export const HOST_ARRAYS: { readonly [D in DType]: new (length: number) => HostArrays[D] } = {
  f32: Float32Array,
  f16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
};

/** A tensor that lives in host memory. */
export interface HostTensor extends TensorSpec {
  readonly data: HostArray;
}

export function allocateHostArray(spec: TensorSpec): HostArray {
  return new HOST_ARRAYS[spec.dtype](elementCount(spec.shape));
}
