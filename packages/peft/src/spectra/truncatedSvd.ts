import { createRandom } from "@peftbench/runtime";
import { MethodError } from "../errors.ts";
import { gramMatrix, shortSideRows } from "./gramMatrix.ts";
import { jacobiSvd } from "./jacobi.ts";
import { orthonormalizeAgainst, subtract } from "./orthonormal.ts";
import { leadingSubspace } from "./subspace.ts";
import { tridiagonalEigenvalues, tridiagonalize } from "./tridiagonal.ts";
import { tridiagonalEigenvectors } from "./tridiagonalVectors.ts";

/** Raised when results change, so that what is cached under another one is computed again. */
export const SVD_VERSION = 3;

/** A matrix [rows, columns] in row-major order, and its name for errors. */
export interface NamedMatrix {
  readonly name: string;
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/**
 * The `rank` leading singular triplets, `M ≈ U diag(σ) Vᵀ`. Of each column of U the entry of largest magnitude (the
 * first of several) is positive.
 */
export interface TruncatedSvd {
  /** [rows, rank], row-major. */
  readonly u: Float64Array;
  /** Falling. */
  readonly singularValues: Float64Array;
  /** [columns, rank], row-major. */
  readonly v: Float64Array;
}

/** Matrices of a shorter side up to this are decomposed in full. */
const SMALL = 128;
/** A singular value this far below the largest is rounding of float64. */
const ROUNDING = 1e-13;

/**
 * In float64, deterministic: the only randomness is drawn from the shape. An orthonormal basis of the leading vectors of
 * the short side comes from the Gram matrix; the decomposition itself is one-sided Jacobi of the matrix projected on it,
 * so singular values do not suffer from the Gram matrix's squares. What does is which directions are in the basis, of
 * those whose value is below 1e-7 of the largest: they are noise in a matrix of f32 values, and are not told apart unless
 * all are asked for. Small matrices, and those whose basis did not converge, are given to Jacobi whole.
 *
 * @throws MethodError if the rank exceeds the shorter side, a value is not finite, or values and shape disagree
 */
export function truncatedSvd(matrix: NamedMatrix, rank: number): TruncatedSvd {
  const { name, values, rows, columns } = matrix;
  requireMatrix(matrix);
  const rowsOfShortSide = shortSideRows(values, rows, columns);
  const { short, long, isTransposed } = rowsOfShortSide;
  if (!Number.isInteger(rank) || rank < 1 || rank > short) {
    throw new MethodError(
      `${name} is [${rows}, ${columns}]: it has ${short} singular triplets, ${rank} were asked for. Lower the rank.`,
    );
  }
  const basis = basisFor(rowsOfShortSide, rank);
  const projected = basis === null ? allRows(rowsOfShortSide) : projectRows(rowsOfShortSide, basis);
  // The columns given are the (projected) rows: Q are the vectors of the long side, W turns the basis into the others.
  const { q, values: found, w } = jacobiSvd(projected);
  const shortSide = new Float64Array(short * rank);
  const longSide = new Float64Array(long * rank);
  for (let k = 0; k < rank; k++) {
    const weights = w[k] as Float64Array;
    const vector = basis === null ? weights : combine(basis, weights, short);
    for (let i = 0; i < short; i++) shortSide[i * rank + k] = vector[i] as number;
    const other = q[k] as Float64Array;
    for (let i = 0; i < long; i++) longSide[i * rank + k] = other[i] as number;
  }
  const [u, v] = isTransposed ? [longSide, shortSide] : [shortSide, longSide];
  completeNoiseColumns(longSide, found, long, rank);
  fixSigns(u, v, rank);
  return { u, singularValues: found.slice(0, rank), v };
}

/**
 * All singular values, falling, from the eigenvalues of the Gram matrix: good to 1e-6 relative down to 1e-5 of the
 * largest; what lies below 1e-7 of it is not told from zero.
 * @throws MethodError if a value is not finite, or values and shape disagree
 */
export function singularValues(matrix: NamedMatrix): Float64Array {
  requireMatrix(matrix);
  const rows = shortSideRows(matrix.values, matrix.rows, matrix.columns);
  if (rows.short <= SMALL) return jacobiSvd(allRows(rows)).values;
  const eigenvalues = tridiagonalEigenvalues(tridiagonalize(gramMatrix(rows), rows.short), rows.short);
  return eigenvalues.map((value) => Math.sqrt(Math.max(0, value)));
}

type Rows = ReturnType<typeof shortSideRows>;

/**
 * An orthonormal basis of a subspace of the short side that holds the leading vectors; null: take all of it.
 *
 * Tridiagonal form takes 4/3 short³ operations. Iteration on a subspace takes some ten cycles of nine products of
 * 2 short² width each where the spectrum falls slowly, so it is for ranks that are a very small part of a large matrix.
 */
function basisFor(rows: Rows, rank: number): readonly Float64Array[] | null {
  const { short, long } = rows;
  if (short <= SMALL) return null;
  const random = createRandom(0, `truncated SVD of [${short}, ${long}] at rank ${rank}`);
  const gram = gramMatrix(rows);
  const width = rank + Math.max(16, Math.ceil(rank / 2));
  const iterated = 128 * width <= short ? leadingSubspace(gram, short, rank, width, random) : null;
  if (iterated !== null) return iterated;
  const tridiagonal = tridiagonalize(gram, short);
  const eigenvalues = tridiagonalEigenvalues(tridiagonal, rank);
  const vectors = tridiagonalEigenvectors(tridiagonal, eigenvalues, random);
  if (vectors !== null) tridiagonal.turnBack(vectors);
  return vectors;
}

function allRows({ short, long, values }: Rows): Float64Array[] {
  return Array.from({ length: short }, (_, row) => values.slice(row * long, (row + 1) * long));
}

function projectRows({ short, long, values }: Rows, basis: readonly Float64Array[]): Float64Array[] {
  return basis.map((weights) => {
    const target = new Float64Array(long);
    let row = 0;
    // Four rows at once: the target is read and written once for them.
    for (; row + 3 < short; row += 4) {
      const [a, b, c, d] = [
        weights[row] as number,
        weights[row + 1] as number,
        weights[row + 2] as number,
        weights[row + 3] as number,
      ];
      const start = row * long;
      for (let k = 0; k < long; k++) {
        const from = start + k;
        target[k] =
          (target[k] as number) +
          a * (values[from] as number) +
          b * (values[from + long] as number) +
          c * (values[from + 2 * long] as number) +
          d * (values[from + 3 * long] as number);
      }
    }
    for (; row < short; row++)
      subtract(target, values.subarray(row * long, (row + 1) * long), -(weights[row] as number));
    return target;
  });
}

function combine(basis: readonly Float64Array[], weights: Float64Array, size: number): Float64Array {
  const sum = new Float64Array(size);
  basis.forEach((vector, index) => {
    subtract(sum, vector, -(weights[index] as number));
  });
  return sum;
}

/**
 * Vectors of singular values of 0 are free: those of a matrix of lower rank are completed to an orthonormal set. What is
 * within rounding of 0 counts as 0: what Jacobi leaves there may be parallel to another column.
 */
function completeNoiseColumns(
  vectors: Float64Array,
  falling: Float64Array,
  size: number,
  rank: number,
): void {
  const columns: Float64Array[] = Array.from({ length: rank }, (_, k) =>
    Float64Array.from({ length: size }, (_, i) => vectors[i * rank + k] as number),
  );
  let axis = 0;
  // Values fall: what comes after the first that is noise is noise as well.
  for (
    let k = falling.findIndex((value) => value <= ROUNDING * (falling[0] as number));
    k >= 0 && k < rank;
    k++
  ) {
    // A unit vector that the others span, or nearly, is spanned by more of them as well: no axis is tried twice.
    const others = columns.slice(0, k);
    let unit = axisVector(size, axis++);
    while (!orthonormalizeAgainst(others, unit, 0.5 / Math.sqrt(size))) unit = axisVector(size, axis++);
    columns[k] = unit;
    for (let i = 0; i < size; i++) vectors[i * rank + k] = unit[i] as number;
  }
}

function axisVector(size: number, axis: number): Float64Array {
  if (axis >= size) throw new RangeError(`No vector of ${size} elements is orthogonal to the others.`);
  const vector = new Float64Array(size);
  vector[axis] = 1;
  return vector;
}

function fixSigns(u: Float64Array, v: Float64Array, rank: number): void {
  for (let k = 0; k < rank; k++) {
    let largest = 0;
    for (let i = k; i < u.length; i += rank) {
      if (Math.abs(u[i] as number) > Math.abs(largest)) largest = u[i] as number;
    }
    if (largest >= 0) continue;
    for (const vectors of [u, v]) {
      for (let i = k; i < vectors.length; i += rank) vectors[i] = -(vectors[i] as number);
    }
  }
}

function requireMatrix({ name, values, rows, columns }: NamedMatrix): void {
  if (values.length !== rows * columns) {
    throw new MethodError(
      `${name} is [${rows}, ${columns}] and holds ${values.length} values; ${rows * columns} were expected. Give its own shape.`,
    );
  }
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index >= 0) {
    throw new MethodError(`${name} holds ${values[index]} at ${index}; it has no singular values then.`);
  }
}
