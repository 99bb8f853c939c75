/** Mean, sample deviation and interval of a few independent values. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Student's t interval of a mean.
 *
 * @param deviation sample standard deviation (divided by n - 1)
 * @param confidence between 0 and 1
 * @returns null where one value or none leaves nothing to estimate a deviation from
 */
export function meanInterval(
  mean: number,
  deviation: number,
  n: number,
  confidence: number,
): Interval | null {
  if (n < 2) return null;
  const half = (studentQuantile(0.5 + confidence / 2, n - 1) * deviation) / Math.sqrt(n);
  return { low: mean - half, high: mean + half };
}

/** Mean and sample standard deviation (null for fewer than two values). */
export function meanAndDeviation(values: readonly number[]): {
  readonly mean: number;
  readonly deviation: number | null;
} {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { mean, deviation: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (n - 1)) };
}

/**
 * Quantile of Student's t distribution, by bisection of its distribution function.
 *
 * @param probability between 0.5 and 1, both excluded
 */
export function studentQuantile(probability: number, degreesOfFreedom: number): number {
  if (!(probability > 0.5 && probability < 1) || !(degreesOfFreedom > 0)) {
    throw new RangeError(
      `studentQuantile: found probability ${probability} and ${degreesOfFreedom} degrees of freedom; ` +
        "expected a probability between 0.5 and 1 and at least one degree of freedom.",
    );
  }
  let low = 0;
  let high = 1;
  while (studentDistribution(high, degreesOfFreedom) < probability) high *= 2;
  for (let step = 0; step < 200 && high - low > 1e-13 * high; step++) {
    const middle = (low + high) / 2;
    if (studentDistribution(middle, degreesOfFreedom) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(T <= t) for t >= 0. */
function studentDistribution(t: number, degreesOfFreedom: number): number {
  const x = degreesOfFreedom / (degreesOfFreedom + t * t);
  return 1 - regularizedBeta(x, degreesOfFreedom / 2, 0.5) / 2;
}

/** Regularized incomplete beta function I_x(a, b): DLMF 8.17.22, a continued fraction, by Lentz's method. */
function regularizedBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast only below the mean of the distribution; the rest is its mirror image.
  if (x > (a + 1) / (a + b + 2)) return 1 - regularizedBeta(1 - x, b, a);
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x) - Math.log(a),
  );
  const tiny = 1e-300;
  const awayFromZero = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= 1000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / awayFromZero(1 + even * d);
    c = awayFromZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / awayFromZero(1 + odd * d);
    c = awayFromZero(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return front * fraction;
}

/** log Γ(x) for x > 0: Stirling's series, after shifting x to where it is exact to double precision. */
function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 12; z++) shift += Math.log(z);
  const inverse = 1 / z;
  const square = inverse * inverse;
  const series =
    inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188))));
  return (z - 0.5) * Math.log(z) - z + Math.log(2 * Math.PI) / 2 + series - shift;
}
