import { readFileSync } from "node:fs";
import { createRandom } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import type { NamedMatrix, TruncatedSvd } from "./truncatedSvd.ts";
import { singularValues, truncatedSvd } from "./truncatedSvd.ts";

interface LapackCase {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly rank: number;
  /** f32, base64. */
  readonly values: string;
  readonly singularValues: readonly number[];
  /** Between the last wanted singular value and the next. */
  readonly gap: number;
  readonly productNorm: number;
}

const cases = JSON.parse(
  readFileSync(new URL("../../fixtures/spectra/spectra.json", import.meta.url), "utf8"),
) as readonly LapackCase[];

function matrixOf({ name, rows, columns, values }: LapackCase): NamedMatrix {
  const bytes = Uint8Array.from(Buffer.from(values, "base64"));
  return { name, rows, columns, values: new Float32Array(bytes.buffer) };
}

function randomMatrix(rows: number, columns: number, seed = 1): NamedMatrix {
  const random = createRandom(seed, `${rows} x ${columns}`);
  return {
    name: "w",
    rows,
    columns,
    values: Float32Array.from({ length: rows * columns }, () => random.normal()),
  };
}

/** Largest deviation of the columns' products from an identity. */
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

/** Norm of `M V - U diag(σ)`, relative to the largest singular value: 0 exactly for singular triplets. */
function tripletError(
  { values, rows, columns }: NamedMatrix,
  { u, v, singularValues: found }: TruncatedSvd,
): number {
  const rank = found.length;
  let square = 0;
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < rank; k++) {
      let product = 0;
      for (let column = 0; column < columns; column++) {
        product += (values[row * columns + column] as number) * (v[column * rank + k] as number);
      }
      square += (product - (u[row * rank + k] as number) * (found[k] as number)) ** 2;
    }
  }
  return Math.sqrt(square) / (found[0] as number);
}

describe.each(cases)("the truncated decomposition of $name", (lapack) => {
  const matrix = matrixOf(lapack);
  const svd = truncatedSvd(matrix, lapack.rank);
  const largest = lapack.singularValues[0] as number;

  it("has LAPACK's leading singular values, down to the noise of f32", () => {
    svd.singularValues.forEach((value, index) => {
      const expected = lapack.singularValues[index] as number;
      expect(Math.abs(value - expected)).toBeLessThanOrEqual(
        expected > 1e-6 * largest ? 1e-8 * expected : 1e-7 * largest,
      );
    });
  });

  it("has orthonormal vectors on both sides", () => {
    expect(orthogonalityError(svd.u, lapack.rank)).toBeLessThan(1e-10);
    expect(orthogonalityError(svd.v, lapack.rank)).toBeLessThan(1e-10);
  });

  it("is made of singular triplets, also where singular values cluster", () => {
    expect(tripletError(matrix, svd)).toBeLessThan(1e-6);
  });

  it("has all singular values that LAPACK finds", () => {
    const found = singularValues(matrix);
    expect(found).toHaveLength(lapack.singularValues.length);
    found.forEach((value, index) => {
      const expected = lapack.singularValues[index] as number;
      expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-6 * expected + 1e-7 * largest);
    });
  });

  it("gives the largest entry of each left vector a positive sign", () => {
    for (let k = 0; k < lapack.rank; k++) {
      const column = Array.from({ length: lapack.rows }, (_, row) => svd.u[row * lapack.rank + k] as number);
      expect(Math.max(...column)).toBe(Math.max(...column.map(Math.abs)));
    }
  });
});

describe("truncatedSvd", () => {
  it("gives the same bits again", () => {
    const matrix = randomMatrix(150, 160);
    expect(truncatedSvd(matrix, 9)).toEqual(truncatedSvd(matrix, 9));
  });

  it("finds the same in part of a large matrix as in all of it", () => {
    const matrix = randomMatrix(160, 200);
    const [some, all] = [truncatedSvd(matrix, 8), truncatedSvd(matrix, 160)];
    some.singularValues.forEach((value, index) => {
      expect(value).toBeCloseTo(all.singularValues[index] as number, 8);
    });
    const entry = (svd: TruncatedSvd, row: number, k: number): number =>
      svd.u[row * svd.singularValues.length + k] as number;
    for (let row = 0; row < 160; row += 13) {
      for (let k = 0; k < 8; k++) expect(entry(some, row, k)).toBeCloseTo(entry(all, row, k), 4);
    }
  });

  it("decomposes zeros into orthonormal vectors of no weight", () => {
    const svd = truncatedSvd({ name: "w", rows: 6, columns: 9, values: new Float32Array(54) }, 3);
    expect([...svd.singularValues]).toEqual([0, 0, 0]);
    expect(orthogonalityError(svd.u, 3)).toBeLessThan(1e-12);
    expect(orthogonalityError(svd.v, 3)).toBeLessThan(1e-12);
  });

  it("refuses a rank that the matrix does not have, and values that are not finite, by the weight's name", () => {
    const matrix = { ...randomMatrix(5, 3), name: "layer.0.query.weight" };
    expect(() => truncatedSvd(matrix, 4)).toThrow(/layer\.0\.query\.weight is \[5, 3\].* 3 .*4 were asked/);
    expect(() => truncatedSvd(matrix, 0)).toThrow(/0 were asked/);
    matrix.values[7] = Number.NaN;
    expect(() => truncatedSvd(matrix, 2)).toThrow(/layer\.0\.query\.weight holds NaN at 7/);
    expect(() => singularValues(matrix)).toThrow(/NaN/);
  });
});
