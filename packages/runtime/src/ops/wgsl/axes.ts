import type { Shape } from "../../graph/spec.ts";

/** How several operands are walked in the order of one result: sizes of the axes, and each operand's strides. */
export interface Walk {
  readonly sizes: readonly number[];
  /** By operand, then by axis, in elements. */
  readonly strides: readonly (readonly number[])[];
}

export function rowMajorStrides(shape: Shape): readonly number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] as number) * (shape[axis + 1] as number);
  }
  return strides;
}

/** Strides that read a tensor of `shape` as if broadcast to `target`: 0 along repeated axes. */
export function broadcastStrides(shape: Shape, target: Shape): readonly number[] {
  const own = rowMajorStrides(shape);
  const missing = target.length - shape.length;
  return target.map((_, axis) =>
    axis < missing || shape[axis - missing] === 1 ? 0 : (own[axis - missing] as number),
  );
}

/**
 * The same walk with as few axes as can be: axes of size 1 are dropped, and neighbours that every operand walks as one
 * are merged. At least one axis remains.
 */
export function collapseAxes({ sizes, strides }: Walk): Walk {
  const kept: { size: number; strides: readonly number[] }[] = [];
  sizes.forEach((size, axis) => {
    if (size === 1) return;
    const own = strides.map((operand) => operand[axis] as number);
    const before = kept.at(-1);
    if (before?.strides.every((stride, operand) => stride === (own[operand] as number) * size)) {
      kept[kept.length - 1] = { size: before.size * size, strides: own };
    } else {
      kept.push({ size, strides: own });
    }
  });
  if (kept.length === 0) return { sizes: [1], strides: strides.map(() => [1]) };
  return {
    sizes: kept.map(({ size }) => size),
    strides: strides.map((_, operand) => kept.map((axis) => axis.strides[operand] as number)),
  };
}

/** WGSL that takes `index` apart into the coordinates `i0`, `i1`, ... of axes of sizes `u.size0`, `u.size1`, ... */
export function coordinatesWgsl(rank: number, sizeName = "size"): string {
  if (rank === 1) return "  let i0 = index;";
  const lines = ["  var rest = index;"];
  for (let axis = rank - 1; axis > 0; axis--) {
    lines.push(`  let i${axis} = rest % u.${sizeName}${axis};`, `  rest = rest / u.${sizeName}${axis};`);
  }
  lines.push("  let i0 = rest;");
  return lines.join("\n");
}
