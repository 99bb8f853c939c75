import type { Random } from "@peftbench/runtime";
import { dot } from "./jacobi.ts";
import { orthonormalizeAgainst, randomVector } from "./orthonormal.ts";
import type { Tridiagonal } from "./tridiagonal.ts";
import { eigenvalueBound } from "./tridiagonal.ts";

const MOST_STEPS = 8;
/** Residuals of an eigenvector, relative to the largest eigenvalue: what ends the iteration, and what is refused. */
const CONVERGED = 16 * Number.EPSILON;
const ACCEPTED = 1e-12;

/**
 * Orthonormal eigenvectors of the given eigenvalues by inverse iteration. Each is orthogonalized against all before it at
 * every step: where eigenvalues cluster or are equal, the vectors span what belongs to them together.
 *
 * @returns null if the iteration did not converge
 */
export function tridiagonalEigenvectors(
  tridiagonal: Tridiagonal,
  eigenvalues: Float64Array,
  random: Random,
): readonly Float64Array[] | null {
  const size = tridiagonal.diagonal.length;
  const bound = eigenvalueBound(tridiagonal);
  const done: Float64Array[] = [];
  for (const eigenvalue of eigenvalues) {
    const solve = solverOf(tridiagonal, eigenvalue, bound);
    const x = randomVector(size, random);
    let residual = Number.POSITIVE_INFINITY;
    for (let step = 0; step < MOST_STEPS && residual > CONVERGED * bound; step++) {
      solve(x);
      while (!orthonormalizeAgainst(done, x)) x.set(randomVector(size, random));
      residual = residualOf(tridiagonal, eigenvalue, x);
    }
    if (!(residual <= ACCEPTED * bound)) return null;
    done.push(x);
  }
  return done;
}

/** Norm of `T x - eigenvalue x`. */
function residualOf({ diagonal, offDiagonal }: Tridiagonal, eigenvalue: number, x: Float64Array): number {
  const rest = x.map(
    (value, i) =>
      ((diagonal[i] as number) - eigenvalue) * value +
      (offDiagonal[i - 1] ?? 0) * (x[i - 1] ?? 0) +
      (offDiagonal[i] ?? 0) * (x[i + 1] ?? 0),
  );
  return Math.sqrt(dot(rest, rest));
}

/**
 * Solves `(T - shift) x = y` in place, up to a factor, by elimination with row exchanges. At an eigenvalue the matrix is
 * singular: a pivot is never smaller than rounding, which makes the solution large along the eigenvector, as it should.
 */
function solverOf(
  { diagonal, offDiagonal }: Tridiagonal,
  shift: number,
  bound: number,
): (x: Float64Array) => void {
  const size = diagonal.length;
  const least = bound === 0 ? 1 : bound * Number.EPSILON;
  // Row i of the upper factor: pivot, the element right of it, and the one after, which exchanges bring.
  const pivots = diagonal.map((value) => value - shift);
  const right = Float64Array.from({ length: size }, (_, i) => offDiagonal[i] ?? 0);
  const afterRight = new Float64Array(size);
  const factors = new Float64Array(size);
  const isExchanged = new Uint8Array(size);
  for (let i = 0; i + 1 < size; i++) {
    const below = offDiagonal[i] as number;
    if (Math.abs(below) > Math.abs(pivots[i] as number)) {
      isExchanged[i] = 1;
      const factor = (pivots[i] as number) / below;
      factors[i] = factor;
      const [oldRight, nextPivot, nextRight] = [
        right[i] as number,
        pivots[i + 1] as number,
        right[i + 1] as number,
      ];
      pivots[i] = below;
      right[i] = nextPivot;
      afterRight[i] = nextRight;
      pivots[i + 1] = oldRight - factor * nextPivot;
      right[i + 1] = -factor * nextRight;
    } else {
      pivots[i] = awayFromZero(pivots[i] as number, least);
      const factor = below / (pivots[i] as number);
      factors[i] = factor;
      pivots[i + 1] = (pivots[i + 1] as number) - factor * (right[i] as number);
    }
  }
  pivots[size - 1] = awayFromZero(pivots[size - 1] as number, least);
  return (x) => {
    for (let i = 0; i + 1 < size; i++) {
      const [upper, lower] = [x[i] as number, x[i + 1] as number];
      x[i] = isExchanged[i] === 1 ? lower : upper;
      x[i + 1] = (isExchanged[i] === 1 ? upper : lower) - (factors[i] as number) * (x[i] as number);
    }
    for (let i = size - 1; i >= 0; i--) {
      const known = (right[i] as number) * (x[i + 1] ?? 0) + (afterRight[i] as number) * (x[i + 2] ?? 0);
      x[i] = ((x[i] as number) - known) / (pivots[i] as number);
    }
  };
}

function awayFromZero(pivot: number, least: number): number {
  if (Math.abs(pivot) >= least) return pivot;
  return pivot < 0 ? -least : least;
}
