import type { Random } from "@peftbench/runtime";
import { dot, jacobiSvd } from "./jacobi.ts";
import { orthonormalize, randomVector, subtract } from "./orthonormal.ts";

/** Degree of the polynomial between two orthogonalizations: high enough to pay, low enough to stay accurate. */
const DEGREE = 8;
/** Beyond, tridiagonal form would have been the cheaper. */
const MOST_CYCLES = 20;
/** A pair has converged when its residual is this far below its eigenvalue, or below rounding of the largest. */
const RESIDUAL = 1e-7;
const ROUNDING = 1e-14;

/**
 * An orthonormal basis of `width` vectors whose span holds the `wanted` leading eigenvectors of a symmetric positive
 * semidefinite matrix [size, size]: randomized subspace iteration (Halko, Martinsson and Tropp 2011), accelerated by
 * Chebyshev polynomials that damp what lies below the basis (Zhou and Saad 2007). Spectra of pretrained weights fall so
 * slowly that plain iteration would take some hundred products.
 *
 * @returns null if the iteration did not converge
 */
export function leadingSubspace(
  matrix: Float64Array,
  size: number,
  wanted: number,
  width: number,
  random: Random,
): readonly Float64Array[] | null {
  const start = Array.from({ length: width }, () => randomVector(size, random));
  let ritz = rayleighRitz(matrix, size, start, random);
  for (let cycle = 0; cycle < MOST_CYCLES; cycle++) {
    if (hasConverged(ritz, wanted)) return ritz.vectors;
    const damped = ritz.values[width - 1] as number;
    ritz = rayleighRitz(matrix, size, filter(matrix, size, ritz.vectors, damped), random);
  }
  return hasConverged(ritz, wanted) ? ritz.vectors : null;
}

/** Approximate eigenpairs out of a subspace, largest first. */
interface RitzPairs {
  readonly vectors: readonly Float64Array[];
  readonly values: Float64Array;
  /** The matrix times each vector. */
  readonly images: readonly Float64Array[];
}

function rayleighRitz(
  matrix: Float64Array,
  size: number,
  span: readonly Float64Array[],
  random: Random,
): RitzPairs {
  const basis = orthonormalize(span, random);
  const images = multiplyAll(matrix, size, basis);
  const projected = images.map((image) => Float64Array.from(basis, (x) => dot(x, image)));
  // The projection is symmetric and has no negative eigenvalues: its singular vectors are its eigenvectors.
  const { values, w } = jacobiSvd(projected);
  const combine = (vectors: readonly Float64Array[]): Float64Array[] =>
    w.map((weights) => {
      const sum = new Float64Array(size);
      vectors.forEach((vector, index) => {
        subtract(sum, vector, -(weights[index] as number));
      });
      return sum;
    });
  return { vectors: combine(basis), values, images: combine(images) };
}

function hasConverged({ vectors, values, images }: RitzPairs, wanted: number): boolean {
  return vectors.slice(0, wanted).every((vector, index) => {
    const rest = (images[index] as Float64Array).slice();
    const value = values[index] as number;
    subtract(rest, vector, value);
    return Math.sqrt(dot(rest, rest)) <= Math.max(RESIDUAL * value, ROUNDING * (values[0] as number));
  });
}

/** Applies the Chebyshev polynomial that stays within ±1 on [0, damped] and grows above. */
function filter(
  matrix: Float64Array,
  size: number,
  vectors: readonly Float64Array[],
  damped: number,
): readonly Float64Array[] {
  const half = damped / 2;
  if (half === 0) return multiplyAll(matrix, size, vectors);
  /** `scale (M x - half x)` of each. */
  const shifted = (given: readonly Float64Array[], scale: number): Float64Array[] => {
    const images = multiplyAll(matrix, size, given);
    images.forEach((image, index) => {
      const x = given[index] as Float64Array;
      for (let i = 0; i < size; i++) image[i] = scale * ((image[i] as number) - half * (x[i] as number));
    });
    return images;
  };
  let before = vectors;
  let current = shifted(vectors, 1 / half);
  for (let degree = 2; degree <= DEGREE; degree++) {
    const next = shifted(current, 2 / half);
    next.forEach((x, index) => {
      subtract(x, before[index] as Float64Array, 1);
    });
    before = current;
    current = next;
  }
  return current;
}

/** The matrix times each vector; four at a time, so that a row of the matrix is read once for four products. */
function multiplyAll(matrix: Float64Array, size: number, vectors: readonly Float64Array[]): Float64Array[] {
  const images = vectors.map(() => new Float64Array(size));
  let first = 0;
  for (; first + 3 < vectors.length; first += 4) {
    const [x0, x1, x2, x3] = vectors.slice(first, first + 4) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const [y0, y1, y2, y3] = images.slice(first, first + 4) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    for (let row = 0; row < size; row++) {
      const start = row * size;
      let [a, b, c, d] = [0, 0, 0, 0];
      for (let k = 0; k < size; k++) {
        const element = matrix[start + k] as number;
        a += element * (x0[k] as number);
        b += element * (x1[k] as number);
        c += element * (x2[k] as number);
        d += element * (x3[k] as number);
      }
      y0[row] = a;
      y1[row] = b;
      y2[row] = c;
      y3[row] = d;
    }
  }
  for (; first < vectors.length; first++) {
    const image = images[first] as Float64Array;
    for (let row = 0; row < size; row++) {
      image[row] = dot(matrix.subarray(row * size, (row + 1) * size), vectors[first] as Float64Array);
    }
  }
  return images;
}
