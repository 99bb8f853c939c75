import type { Shape } from "../../graph/spec.ts";
import type { OpCase } from "./case.ts";
import { normal, opCase } from "./case.ts";

const REDUCED: readonly Shape[] = [[], [1], [7], [300], [1, 1], [3, 257], [2, 3, 5], [4, 1, 6], [2, 3, 2, 3]];

function subsets(axes: readonly number[]): readonly (readonly number[])[] {
  return Array.from({ length: 2 ** axes.length }, (_, bits) => axes.filter((axis) => (bits >> axis) & 1));
}

const reductions = (["sum", "mean", "max"] as const).flatMap((op) => [
  ...REDUCED.flatMap((shape) =>
    subsets(shape.map((_, axis) => axis)).flatMap((axes) =>
      [false, true].map((keepAxes) =>
        opCase(op, `axes [${axes}]${keepAxes ? " kept" : ""}`, [normal(shape)], { axes, keepAxes }),
      ),
    ),
  ),
  opCase(op, "axes out of order", [normal([3, 4, 5])], { axes: [2, 0], keepAxes: false }),
  opCase(op, "many", [normal([67, 301])], { axes: [0, 1], keepAxes: false }),
]);

interface Product {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

const PRODUCTS: readonly Product[] = [
  { rows: 1, inner: 1, columns: 1 },
  { rows: 3, inner: 5, columns: 7 },
  { rows: 4, inner: 8, columns: 12 },
  { rows: 17, inner: 1, columns: 13 },
  { rows: 1, inner: 19, columns: 1 },
  { rows: 33, inner: 65, columns: 31 },
];

const LARGE: readonly Product[] = [
  { rows: 257, inner: 37, columns: 5 },
  { rows: 5, inner: 300, columns: 67 },
  { rows: 2, inner: 17, columns: 257 },
];

const BATCHES: readonly Shape[] = [[], [3], [2, 3]];
const TRANSPOSES = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;
const SCALES = [1, 0.125, -2.5];

function product(
  batch: Shape,
  { rows, inner, columns }: Product,
  [transposeA, transposeB]: readonly [boolean, boolean],
  scale: number,
): OpCase {
  const a = transposeA ? [inner, rows] : [rows, inner];
  const b = transposeB ? [columns, inner] : [inner, columns];
  const label = `${transposeA ? "T" : "N"}${transposeB ? "T" : "N"} scale ${scale}`;
  return opCase("matmul", label, [normal([...batch, ...a]), normal([...batch, ...b])], {
    transposeA,
    transposeB,
    scale,
    recomputable: false,
  });
}

const products = TRANSPOSES.flatMap((transposes) => [
  ...BATCHES.flatMap((batch, batchIndex) =>
    PRODUCTS.map((size, sizeIndex) =>
      product(batch, size, transposes, SCALES[(batchIndex + sizeIndex) % SCALES.length] as number),
    ),
  ),
  ...LARGE.map((size) => product([], size, transposes, 1)),
  product([1], { rows: 5, inner: 6, columns: 7 }, transposes, 0.5),
]);

export const linearCases: readonly OpCase[] = [...reductions, ...products];
