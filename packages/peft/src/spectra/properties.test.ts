import { createRandom } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import { svdChecksum } from "./checksum.ts";
import { jacobiSvd } from "./jacobi.ts";
import type { NamedMatrix, TruncatedSvd } from "./truncatedSvd.ts";
import { singularValues, truncatedSvd } from "./truncatedSvd.ts";

/** Uniform, since the normal's logarithm has other bits in other engines. */
function uniformMatrix(rows: number, columns: number): NamedMatrix {
  const random = createRandom(3, `${rows} x ${columns}`);
  return {
    name: "w",
    rows,
    columns,
    values: Float32Array.from({ length: rows * columns }, () => random.uniform() - 0.5),
  };
}

function filled(rows: number, columns: number, entry: (row: number, column: number) => number): NamedMatrix {
  const values = Float32Array.from({ length: rows * columns }, (_, index) =>
    entry(Math.floor(index / columns), index % columns),
  );
  return { name: "w", rows, columns, values };
}

function transpose({ name, values, rows, columns }: NamedMatrix): NamedMatrix {
  return {
    ...filled(columns, rows, (row, column) => values[column * columns + row] as number),
    name,
  };
}

/** Largest deviation of `Xᵀ X` from an identity. */
function orthogonalityError(vectors: Float64Array, rank: number): number {
  let worst = 0;
  for (let a = 0; a < rank; a++) {
    for (let b = 0; b <= a; b++) {
      let product = 0;
      for (let i = 0; i < vectors.length; i += rank)
        product += (vectors[i + a] as number) * (vectors[i + b] as number);
      worst = Math.max(worst, Math.abs(product - (a === b ? 1 : 0)));
    }
  }
  return worst;
}

/** `U diag(σ) Vᵀ` [rows, columns]. */
function product({ u, singularValues: s, v }: TruncatedSvd): Float64Array {
  const rank = s.length;
  const [rows, columns] = [u.length / rank, v.length / rank];
  return Float64Array.from({ length: rows * columns }, (_, index) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    let sum = 0;
    for (let k = 0; k < rank; k++) {
      sum += (u[row * rank + k] as number) * (s[k] as number) * (v[column * rank + k] as number);
    }
    return sum;
  });
}

function distance(x: ArrayLike<number>, y: ArrayLike<number>): number {
  return Math.sqrt(Array.from(x).reduce((sum, value, index) => sum + (value - (y[index] as number)) ** 2, 0));
}

describe("truncatedSvd", () => {
  it.each([
    [uniformMatrix(40, 30), 7],
    [uniformMatrix(150, 180), 12],
    [uniformMatrix(190, 140), 9],
    [uniformMatrix(140, 190), 100],
  ] as const)("is as near as a matrix of its rank can be (Eckart and Young), case %#", (matrix, rank) => {
    const rest = singularValues(matrix).slice(rank);
    const best = Math.sqrt(rest.reduce((sum, value) => sum + value * value, 0));
    expect(distance(product(truncatedSvd(matrix, rank)), matrix.values) / best).toBeCloseTo(1, 9);
  });

  it.each([
    [uniformMatrix(30, 44), 5],
    [uniformMatrix(150, 180), 12],
    [uniformMatrix(150, 180), 100],
  ] as const)("of the transpose is the transpose, case %#", (matrix, rank) => {
    const [straight, turned] = [truncatedSvd(matrix, rank), truncatedSvd(transpose(matrix), rank)];
    expect(distance(straight.singularValues, turned.singularValues)).toBeLessThan(1e-10);
    const back = transpose({
      name: "",
      values: Float32Array.from(product(turned)),
      rows: matrix.columns,
      columns: matrix.rows,
    });
    expect(distance(product(straight), back.values)).toBeLessThan(1e-5);
  });

  it.each([uniformMatrix(20, 33), uniformMatrix(140, 150)])(
    "is a decomposition of the whole matrix at full rank, case %#",
    (matrix) => {
      const svd = truncatedSvd(matrix, matrix.rows);
      expect(distance(product(svd), matrix.values)).toBeLessThan(1e-11);
    },
  );

  it("at full rank has small singular values that the Gram matrix does not show", () => {
    const even = uniformMatrix(140, 150);
    // Rows fall to 2⁻³⁵ of the first: 3e-11, whose square is below rounding of the largest square.
    const graded = filled(
      140,
      150,
      (row, column) => (even.values[row * 150 + column] as number) * 2 ** -(row / 4),
    );
    const rows = Array.from({ length: 140 }, (_, row) =>
      Float64Array.from(graded.values.subarray(row * 150, (row + 1) * 150)),
    );
    const { values } = jacobiSvd(rows);
    const largest = values[0] as number;
    expect(values[139] as number).toBeLessThan(1e-10 * largest);
    truncatedSvd(graded, 140).singularValues.forEach((value, index) => {
      expect(Math.abs(value - (values[index] as number))).toBeLessThan(1e-13 * largest);
    });
  });

  // Rounding leaves values of 1e-17 and less there, whose vectors must still be orthogonal to all others.
  it.each([
    ["equal entries, tall", filled(300, 200, () => 1), 8],
    ["equal entries, wide", filled(200, 300, () => 1), 8],
    ["equal entries, small", filled(12, 9, () => 1), 9],
    ["one entry", filled(200, 200, (row, column) => (row === 3 && column === 5 ? 1 : 0)), 8],
    ["whole numbers of rank 2, small", filled(12, 9, (row, column) => row - column), 9],
    ["whole numbers of rank 2, large", filled(260, 200, (row, column) => row - 2 * column), 9],
    ["whole numbers of rank 2, nearly all of it", filled(200, 150, (row, column) => row - 2 * column), 140],
    ["one column", filled(300, 1, (row) => row), 1],
  ] as const)("has orthonormal vectors for a matrix of lower rank: %s", (_, matrix, rank) => {
    const svd = truncatedSvd(matrix, rank);
    expect(orthogonalityError(svd.u, rank)).toBeLessThan(1e-10);
    expect(orthogonalityError(svd.v, rank)).toBeLessThan(1e-10);
    const largest = svd.singularValues[0] as number;
    // What iteration on a subspace promises: it ends at residuals of 1e-7 of the eigenvalue.
    expect(distance(product(svd), matrix.values) / largest).toBeLessThan(1e-7);
  });

  it("does not depend on the scale of f32 values", () => {
    const matrix = uniformMatrix(150, 140);
    const unscaled = truncatedSvd(matrix, 6);
    for (const scale of [2 ** -100, 2 ** 100]) {
      const scaled = truncatedSvd({ ...matrix, values: matrix.values.map((value) => value * scale) }, 6);
      expect(distance(scaled.u, unscaled.u)).toBeLessThan(1e-10);
      scaled.singularValues.forEach((value, index) => {
        expect(value / scale).toBeCloseTo(unscaled.singularValues[index] as number, 10);
      });
    }
  });

  // Computed under Node, Deno and Bun: methods that start from it start alike on all of them.
  it.each([
    [uniformMatrix(150, 180), 12, "7b1ee5b5b0d2ad2626df2ee8c661b9a6df45ddfd36631cdeed3121e432f8cf2d"],
    [uniformMatrix(150, 180), 100, "4a58304a7210681b447140c9f328cb5a7fe3d5ed4515fd6af163b42b9e42d6db"],
    [uniformMatrix(12, 9), 4, "6583b951b9071663750f102f4a633408e3560a6a94aff75510dbeb1ab97afbb0"],
  ] as const)("has the same bits on every runtime, case %#", (matrix, rank, checksum) => {
    expect(svdChecksum(truncatedSvd(matrix, rank))).toBe(checksum);
  });

  it("refuses values that do not fill the shape, by the weight's name", () => {
    const matrix = { ...uniformMatrix(4, 6), rows: 5 };
    expect(() => truncatedSvd(matrix, 2)).toThrow(/w is \[5, 6\] and holds 24 values; 30 were expected/);
    expect(() => singularValues(matrix)).toThrow(/30 were expected/);
  });
});
