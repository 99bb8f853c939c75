import { ShapeError } from "../../errors.ts";
import type { Shape } from "../../graph/spec.ts";
import { elementCount, formatShape } from "../../graph/spec.ts";

/** A tensor of the float64 reference. Integers are exact in it, so every element type travels as float64. */
export interface Tensor64 {
  readonly shape: Shape;
  readonly data: Float64Array;
}

export function tensor64(shape: Shape, data: ArrayLike<number>): Tensor64 {
  if (data.length !== elementCount(shape)) {
    throw new ShapeError(
      "tensor64",
      `${data.length} elements were given for the shape ${formatShape(shape)}.`,
    );
  }
  return { shape, data: Float64Array.from(data) };
}

/** A tensor whose element at each position is computed from that position. */
export function fill(shape: Shape, element: (position: readonly number[]) => number): Tensor64 {
  const data = new Float64Array(elementCount(shape));
  const position = shape.map(() => 0);
  for (let index = 0; index < data.length; index++) {
    data[index] = element(position);
    advance(position, shape);
  }
  return { shape, data };
}

/** Moves to the next position in row-major order. */
function advance(position: number[], shape: Shape): void {
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    position[axis] = (position[axis] as number) + 1;
    if ((position[axis] as number) < (shape[axis] as number)) return;
    position[axis] = 0;
  }
}

/** Element at a position; an axis of size 1, or a missing leading one, repeats (NumPy's rule). */
export function at({ shape, data }: Tensor64, position: readonly number[]): number {
  const missing = position.length - shape.length;
  let index = 0;
  for (const [axis, size] of shape.entries()) {
    index = index * size + (size === 1 ? 0 : (position[axis + missing] as number));
  }
  return data[index] as number;
}

/** The rows along the last axis, each a view: what softmax and layer normalization work on. */
export function rowsOf({ shape, data }: Tensor64): readonly Float64Array[] {
  const width = shape.at(-1) as number;
  return Array.from({ length: data.length / width }, (_, row) =>
    data.subarray(row * width, (row + 1) * width),
  );
}

export function fromRows(shape: Shape, rows: readonly ArrayLike<number>[]): Tensor64 {
  return tensor64(
    shape,
    rows.flatMap((row) => Array.from(row)),
  );
}
