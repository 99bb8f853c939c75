import { ShapeError } from "../errors.ts";
import type { DType, Shape, TensorSpec } from "../graph/spec.ts";
import { formatShape, formatSpec, sameShape } from "../graph/spec.ts";

/** The `index`-th input's spec, of the wanted type and number of axes. */
export function expectInput(
  op: string,
  inputs: readonly TensorSpec[],
  index: number,
  expected: {
    readonly dtype?: DType;
    /** f16 will do as well as f32. */
    readonly allowHalf?: boolean;
    readonly rank?: number;
    readonly minimumRank?: number;
  },
): TensorSpec {
  const spec = inputs[index];
  if (spec === undefined) throw new ShapeError(op, `input ${index} is missing, ${inputs.length} were given.`);
  const isHalf = expected.allowHalf === true && spec.dtype === "f16";
  if (expected.dtype !== undefined && spec.dtype !== expected.dtype && !isHalf) {
    throw new ShapeError(op, `input ${index} is ${formatSpec(spec)}, ${expected.dtype} is needed.`);
  }
  if (expected.rank !== undefined && spec.shape.length !== expected.rank) {
    throw new ShapeError(op, `input ${index} is ${formatSpec(spec)}, ${expected.rank} axes are needed.`);
  }
  if (expected.minimumRank !== undefined && spec.shape.length < expected.minimumRank) {
    const needed = `${expected.minimumRank} or more axes are needed`;
    throw new ShapeError(op, `input ${index} is ${formatSpec(spec)}, ${needed}.`);
  }
  return spec;
}

/** The `index`-th input's spec, of the wanted type and exactly the shape `shape`, which the op takes from `source`. */
export function expectShape(
  op: string,
  inputs: readonly TensorSpec[],
  index: number,
  dtype: DType,
  shape: Shape,
  source: string,
): TensorSpec {
  const spec = expectInput(op, inputs, index, { dtype });
  if (!sameShape(spec.shape, shape)) {
    throw new ShapeError(
      op,
      `input ${index} is ${formatSpec(spec)}, ${formatShape(shape)} is needed for ${source}.`,
    );
  }
  return spec;
}

/** Refuses an axis that `shape` does not have. */
export function expectAxis(op: string, shape: Shape, axis: number): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length) {
    throw new ShapeError(op, `there is no axis ${axis} in ${formatShape(shape)}.`);
  }
}

/** The shape that two shapes broadcast to by NumPy's rule. */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - (rank - a.length)] ?? 1;
    const right = b[axis - (rank - b.length)] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new ShapeError(
        op,
        `shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast (axis ${axis}).`,
      );
    }
    return left === 1 ? right : left;
  });
}

/** Size of an axis that the caller knows to exist; negative axes count from the end. */
export function axisSize(shape: Shape, axis: number): number {
  const size = shape.at(axis);
  if (size === undefined) throw new RangeError(`Shape ${formatShape(shape)} has no axis ${axis}.`);
  return size;
}
