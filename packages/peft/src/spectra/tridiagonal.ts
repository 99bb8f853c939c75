/** A symmetric tridiagonal matrix. */
export interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** One shorter. */
  readonly offDiagonal: Float64Array;
}

/** A symmetric matrix [size, size] in tridiagonal form, by Householder reflections (Golub and Van Loan, 8.3.1). */
export function tridiagonalize(matrix: Float64Array, size: number): Tridiagonal {
  const a = matrix.slice();
  const offDiagonal = new Float64Array(Math.max(0, size - 1));
  const v = new Float64Array(size);
  const p = new Float64Array(size);
  for (let k = 0; k < size - 2; k++) {
    // Column k below the diagonal is row k right of it: rows are contiguous.
    let norm = 0;
    for (let i = k + 1; i < size; i++) norm += square(a[k * size + i] as number);
    norm = Math.sqrt(norm);
    const first = a[k * size + k + 1] as number;
    offDiagonal[k] = first > 0 ? -norm : norm;
    if (norm === 0) continue;
    for (let i = k + 1; i < size; i++) v[i] = a[k * size + i] as number;
    v[k + 1] = first - (offDiagonal[k] as number);
    let normSquare = 0;
    for (let i = k + 1; i < size; i++) normSquare += square(v[i] as number);
    const beta = 2 / normSquare;
    let along = 0;
    for (let i = k + 1; i < size; i++) {
      let sum = 0;
      for (let j = k + 1; j < size; j++) sum += (a[i * size + j] as number) * (v[j] as number);
      p[i] = beta * sum;
      along += (p[i] as number) * (v[i] as number);
    }
    const half = (beta * along) / 2;
    for (let i = k + 1; i < size; i++) p[i] = (p[i] as number) - half * (v[i] as number);
    for (let i = k + 1; i < size; i++) {
      const [vi, pi] = [v[i] as number, p[i] as number];
      for (let j = k + 1; j < size; j++) {
        a[i * size + j] = (a[i * size + j] as number) - vi * (p[j] as number) - pi * (v[j] as number);
      }
    }
  }
  if (size >= 2) offDiagonal[size - 2] = a[(size - 2) * size + size - 1] as number;
  return { diagonal: Float64Array.from({ length: size }, (_, i) => a[i * size + i] as number), offDiagonal };
}

/** A product is rounded alike everywhere; the standard leaves `**` to the engine. */
function square(value: number): number {
  return value * value;
}

/** All eigenvalues, falling, each found by bisection on the Sturm count: no iteration that could fail to converge. */
export function tridiagonalEigenvalues({ diagonal, offDiagonal }: Tridiagonal): Float64Array {
  const size = diagonal.length;
  let bound = 0;
  for (let i = 0; i < size; i++) {
    const radius = Math.abs(offDiagonal[i - 1] ?? 0) + Math.abs(offDiagonal[i] ?? 0);
    bound = Math.max(bound, Math.abs(diagonal[i] as number) + radius);
  }
  const squares = offDiagonal.map((value) => value * value);
  const tiny = Number.MIN_VALUE / Number.EPSILON;
  const countBelow = (x: number): number => {
    let count = 0;
    let pivot = 1;
    for (let i = 0; i < size; i++) {
      pivot = (diagonal[i] as number) - x - (i === 0 ? 0 : (squares[i - 1] as number) / pivot);
      if (Math.abs(pivot) < tiny) pivot = -tiny;
      if (pivot < 0) count++;
    }
    return count;
  };
  const eigenvalues = new Float64Array(size);
  let above = bound;
  for (let index = 0; index < size; index++) {
    // The index-th largest has size - 1 - index eigenvalues below it; it is no larger than the one before.
    let [low, high] = [-bound, above];
    while (high - low > 2 * Number.EPSILON * Math.max(Math.abs(low), Math.abs(high), bound * 1e-3)) {
      const middle = low + (high - low) / 2;
      if (middle <= low || middle >= high) break;
      if (countBelow(middle) > size - 1 - index) high = middle;
      else low = middle;
    }
    eigenvalues[index] = low + (high - low) / 2;
    above = high;
  }
  return eigenvalues;
}
