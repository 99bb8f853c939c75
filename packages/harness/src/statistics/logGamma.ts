/** From here on, eight terms of Stirling's series are exact to the last digits of a double. */
const SERIES_FROM = 12;

/** B(2k) / (2k (2k - 1)) for k = 1..8: the coefficients of Stirling's series (Abramowitz and Stegun 6.1.41). */
const coefficients = [
  1 / 12,
  -1 / 360,
  1 / 1260,
  -1 / 1680,
  1 / 1188,
  -691 / 360_360,
  1 / 156,
  -3617 / 122_400,
] as const;

/** Natural logarithm of the gamma function. @param x above 0 */
export function logGamma(x: number): number {
  let factor = 1;
  let shifted = x;
  for (; shifted < SERIES_FROM; shifted++) factor *= shifted;
  const inverse = 1 / shifted;
  const square = inverse * inverse;
  const series = coefficients.reduceRight((sum, coefficient) => sum * square + coefficient, 0) * inverse;
  const main = (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI);
  return main + series - Math.log(factor);
}
