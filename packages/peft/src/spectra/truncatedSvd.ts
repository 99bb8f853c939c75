import { createRandom } from "@peftbench/runtime";
import { MethodError } from "../errors.ts";
import { gramMatrix, shortSideRows } from "./gramMatrix.ts";
import { jacobiSvd } from "./jacobi.ts";
import { leadingSubspace } from "./subspace.ts";
import { tridiagonalEigenvalues, tridiagonalize } from "./tridiagonal.ts";

/** Raised when results change, so that what is cached under another one is computed again. */
export const SVD_VERSION = 2;

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
 * In float64, deterministic: the only randomness is drawn from the shape. Where the rank is a small part of a large
 * matrix, a subspace that holds the leading vectors is found first; the decomposition itself is one-sided Jacobi of the
 * matrix projected on it, so singular values do not suffer from the Gram matrix's squares. Triplets whose value is below
 * 1e-7 of the largest are noise in a matrix of f32 values, and are not told apart.
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
  const basis = subspaceFor(rowsOfShortSide, rank);
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
  const eigenvalues = tridiagonalEigenvalues(tridiagonalize(gramMatrix(rows), rows.short));
  return eigenvalues.map((value) => Math.sqrt(Math.max(0, value)));
}

type Rows = ReturnType<typeof shortSideRows>;

/** An orthonormal basis of a subspace of the short side that holds the leading vectors; null: take all of it. */
function subspaceFor(rows: Rows, rank: number): readonly Float64Array[] | null {
  const { short, long } = rows;
  const width = rank + Math.max(16, Math.ceil(rank / 2));
  if (short <= SMALL || 2 * width > short) return null;
  const random = createRandom(0, `truncated SVD of [${short}, ${long}] at rank ${rank}`);
  return leadingSubspace(gramMatrix(rows), short, rank, width, random);
}

function allRows({ short, long, values }: Rows): Float64Array[] {
  return Array.from({ length: short }, (_, row) => values.slice(row * long, (row + 1) * long));
}

function projectRows({ short, long, values }: Rows, basis: readonly Float64Array[]): Float64Array[] {
  const projected = basis.map(() => new Float64Array(long));
  for (let row = 0; row < short; row++) {
    const source = values.subarray(row * long, (row + 1) * long);
    basis.forEach((vector, index) => {
      const factor = vector[row] as number;
      const target = projected[index] as Float64Array;
      for (let k = 0; k < long; k++) target[k] = (target[k] as number) + factor * (source[k] as number);
    });
  }
  return projected;
}

function combine(basis: readonly Float64Array[], weights: Float64Array, size: number): Float64Array {
  const sum = new Float64Array(size);
  basis.forEach((vector, index) => {
    const factor = weights[index] as number;
    for (let i = 0; i < size; i++) sum[i] = (sum[i] as number) + factor * (vector[i] as number);
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
  const column = (k: number): Float64Array =>
    Float64Array.from({ length: size }, (_, i) => vectors[i * rank + k] as number);
  for (let k = 0; k < rank; k++) {
    if ((falling[k] as number) > ROUNDING * (falling[0] as number)) continue;
    // Values fall: what comes after is noise as well, and completed after this one.
    const others = Array.from({ length: k }, (_, other) => column(other));
    const found = orthogonalUnit(others, size);
    for (let i = 0; i < size; i++) vectors[i * rank + k] = found[i] as number;
  }
}

/** The first unit vector that, orthogonalized against the others, keeps enough of its length. */
function orthogonalUnit(others: readonly Float64Array[], size: number): Float64Array {
  for (let axis = 0; axis < size; axis++) {
    const vector = new Float64Array(size);
    vector[axis] = 1;
    for (let pass = 0; pass < 2; pass++) {
      for (const other of others) {
        let along = 0;
        for (let i = 0; i < size; i++) along += (other[i] as number) * (vector[i] as number);
        for (let i = 0; i < size; i++) vector[i] = (vector[i] as number) - along * (other[i] as number);
      }
    }
    const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    if (norm > 0.5 / Math.sqrt(size)) return vector.map((value) => value / norm);
  }
  throw new RangeError(
    `There is no vector of ${size} elements that is orthogonal to ${others.length} others.`,
  );
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
