import { logGamma } from "./logGamma.ts";

const MOST_TERMS = 10_000;

/**
 * Regularized incomplete beta function I_x(a, b), by its continued fraction (Numerical methods after Lentz; the
 * fraction is 8.17.22 of the Digital Library of Mathematical Functions).
 * @param x from 0 to 1
 * @param a above 0
 * @param b above 0
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast on this side of the mean only.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const logFactor =
    a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b) - Math.log(a);
  return Math.exp(logFactor) / fraction(x, a, b);
}

/** The continued fraction 1 + d1/(1 + d2/(1 + ...)). */
function fraction(x: number, a: number, b: number): number {
  let value = 1;
  let numerator = 1;
  let denominator = 0;
  for (let term = 1; term <= MOST_TERMS; term++) {
    const step = coefficient(term, x, a, b);
    denominator = 1 / (1 + step * denominator);
    numerator = 1 + step / numerator;
    const change = numerator * denominator;
    value *= change;
    if (Math.abs(change - 1) < Number.EPSILON) break;
  }
  return value;
}

function coefficient(term: number, x: number, a: number, b: number): number {
  const half = term >> 1;
  const end = a + 2 * half;
  return term % 2 === 0
    ? (half * (b - half) * x) / ((end - 1) * end)
    : (-(a + half) * (a + b + half) * x) / (end * (end + 1));
}
