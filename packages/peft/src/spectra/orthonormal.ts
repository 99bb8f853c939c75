import type { Random } from "@peftbench/runtime";
import { dot } from "./jacobi.ts";

/** Uniform, not normal: logarithm and cosine differ in their last bits from engine to engine. */
export function randomVector(size: number, random: Random): Float64Array {
  return Float64Array.from({ length: size }, () => 2 * random.uniform() - 1);
}

/**
 * Modified Gram-Schmidt, twice, which is enough for orthogonality to rounding. In place of a vector that the others span
 * already, as all do beyond the rank of a matrix, comes a random one.
 */
export function orthonormalize(vectors: readonly Float64Array[], random: Random): Float64Array[] {
  const done: Float64Array[] = [];
  for (const vector of vectors) {
    const x = vector.slice();
    while (!orthonormalizeAgainst(done, x)) x.set(randomVector(x.length, random));
    done.push(x);
  }
  return done;
}

/**
 * In place.
 * @param least share of its length that must be left of the vector: by default, more than rounding
 * @returns whether it was; the vector is not normalized otherwise
 */
export function orthonormalizeAgainst(
  done: readonly Float64Array[],
  x: Float64Array,
  least = 1e-12,
): boolean {
  const before = Math.sqrt(dot(x, x));
  for (let pass = 0; pass < 2; pass++) for (const other of done) subtract(x, other, dot(other, x));
  const norm = Math.sqrt(dot(x, x));
  if (!(norm > least * before)) return false;
  for (let i = 0; i < x.length; i++) x[i] = (x[i] as number) / norm;
  return true;
}

export function subtract(from: Float64Array, x: Float64Array, factor: number): void {
  for (let i = 0; i < from.length; i++) from[i] = (from[i] as number) - factor * (x[i] as number);
}
