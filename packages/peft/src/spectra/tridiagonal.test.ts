import { createRandom } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import { dot } from "./jacobi.ts";
import { leadingSubspace } from "./subspace.ts";
import type { Tridiagonal } from "./tridiagonal.ts";
import { tridiagonalEigenvalues, tridiagonalize } from "./tridiagonal.ts";
import { tridiagonalEigenvectors } from "./tridiagonalVectors.ts";

const random = () => createRandom(5, "eigenvectors");

function tridiagonal(diagonal: readonly number[], offDiagonal: readonly number[]): Tridiagonal {
  return { diagonal: Float64Array.from(diagonal), offDiagonal: Float64Array.from(offDiagonal) };
}

/** Symmetric and positive semidefinite, of a spectrum without gaps. */
function gramOfUniform(size: number): Float64Array {
  const uniform = createRandom(7, `gram of ${size}`);
  const rows = Array.from({ length: size }, () =>
    Float64Array.from({ length: size + 20 }, () => uniform.uniform() - 0.5),
  );
  return Float64Array.from(rows.flatMap((x) => rows.map((y) => dot(x, y))));
}

function times(matrix: Float64Array, x: Float64Array): Float64Array {
  const size = x.length;
  return x.map((_, row) => dot(matrix.subarray(row * size, (row + 1) * size), x));
}

function worstOrthogonality(vectors: readonly Float64Array[]): number {
  return Math.max(
    ...vectors.flatMap((x, a) =>
      vectors.slice(0, a + 1).map((y, b) => Math.abs(dot(x, y) - (a === b ? 1 : 0))),
    ),
  );
}

function eigenpairs(matrix: Float64Array, size: number, count: number) {
  const form = tridiagonalize(matrix, size);
  const values = tridiagonalEigenvalues(form, count);
  const vectors = tridiagonalEigenvectors(form, values, random());
  if (vectors === null) throw new Error("no vectors");
  form.turnBack(vectors);
  return { values, vectors };
}

describe("eigenvectors of a symmetric matrix", () => {
  it("are sines for the second difference, with eigenvalues in closed form", () => {
    const size = 50;
    const second = tridiagonal(new Array(size).fill(2), new Array(size - 1).fill(-1));
    const values = tridiagonalEigenvalues(second, size);
    const vectors = tridiagonalEigenvectors(second, values, random()) ?? [];
    expect(vectors).toHaveLength(size);
    vectors.forEach((vector, index) => {
      const angle = ((size - index) * Math.PI) / (size + 1);
      expect(values[index]).toBeCloseTo(2 - 2 * Math.cos(angle), 13);
      const sine = Float64Array.from(
        { length: size },
        (_, i) => Math.sqrt(2 / (size + 1)) * Math.sin((i + 1) * angle),
      );
      expect(Math.abs(dot(sine, vector))).toBeCloseTo(1, 12);
    });
  });

  // Where eigenvalues agree to all digits, a vector for each of them alone would be the same vector again.
  it.each([
    ["Wilkinson's 21 x 21, whose largest agree in pairs", wilkinson(1)],
    ["five of Wilkinson's, glued", wilkinson(5)],
    ["equal values everywhere", tridiagonal(new Array(30).fill(3), new Array(29).fill(0))],
    ["nothing but zeros", tridiagonal(new Array(30).fill(0), new Array(29).fill(0))],
    ["one element", tridiagonal([4], [])],
  ] as const)("are orthonormal and solve the equation for %s", (_, matrix) => {
    const size = matrix.diagonal.length;
    const values = tridiagonalEigenvalues(matrix, size);
    const vectors = tridiagonalEigenvectors(matrix, values, random()) ?? [];
    expect(vectors).toHaveLength(size);
    expect(worstOrthogonality(vectors)).toBeLessThan(1e-13);
    vectors.forEach((x, index) => {
      x.forEach((value, i) => {
        const image =
          (matrix.diagonal[i] as number) * value +
          (matrix.offDiagonal[i - 1] ?? 0) * (x[i - 1] ?? 0) +
          (matrix.offDiagonal[i] ?? 0) * (x[i + 1] ?? 0);
        expect(Math.abs(image - (values[index] as number) * value)).toBeLessThan(1e-10);
      });
    });
  });

  it.each([1, 2, 3, 40])("diagonalize a full matrix of %i rows", (size) => {
    const matrix = gramOfUniform(size);
    const { values, vectors } = eigenpairs(matrix, size, size);
    expect(worstOrthogonality(vectors)).toBeLessThan(1e-13);
    vectors.forEach((x, index) => {
      const image = times(matrix, x);
      for (let i = 0; i < size; i++) {
        expect(image[i]).toBeCloseTo((values[index] as number) * (x[i] as number), 12);
      }
    });
  });

  it("are the same from tridiagonal form as from iteration on a subspace", () => {
    const [size, count] = [150, 10];
    const matrix = gramOfUniform(size);
    const direct = eigenpairs(matrix, size, count).vectors;
    const iterated = leadingSubspace(matrix, size, count, 26, random()) ?? [];
    expect(worstOrthogonality(iterated)).toBeLessThan(1e-12);
    direct.forEach((x, index) => {
      expect(Math.abs(dot(x, iterated[index] as Float64Array))).toBeCloseTo(1, 10);
    });
  });
});

/** Wilkinson's W⁺ of 21 rows, `count` times, with almost nothing between. */
function wilkinson(count: number): Tridiagonal {
  const diagonal = Array.from({ length: 21 * count }, (_, i) => Math.abs((i % 21) - 10));
  const offDiagonal = Array.from({ length: 21 * count - 1 }, (_, i) => (i % 21 === 20 ? 1e-14 : 1));
  return tridiagonal(diagonal, offDiagonal);
}
