/** A symmetric tridiagonal matrix. */
export interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** One shorter. */
  readonly offDiagonal: Float64Array;
}

/** A symmetric matrix as `Q T Qᵀ`. */
export interface Tridiagonalization extends Tridiagonal {
  /** Turns vectors by Q in place: an eigenvector of T becomes one of the matrix. */
  readonly turnBack: (vectors: readonly Float64Array[]) => void;
}

/**
 * A symmetric matrix [size, size] in tridiagonal form, by Householder reflections (Golub and Van Loan, 8.3.1). Only the
 * upper triangle is read.
 */
export function tridiagonalize(matrix: Float64Array, size: number): Tridiagonalization {
  // Row k right of its diagonal ends as the k-th reflection's vector, which is what is left to know of it.
  const a = matrix.slice();
  const offDiagonal = new Float64Array(Math.max(0, size - 1));
  const betas = new Float64Array(size);
  let v = new Float64Array(size);
  let p = new Float64Array(size);
  let [next, image] = [new Float64Array(size), new Float64Array(size)];
  for (let k = 0; k < size - 2; k++) {
    updateRow(a, size, k, v, p);
    const { beta, value } = reflectionOf(a, size, k, next);
    offDiagonal[k] = value;
    betas[k] = beta;
    // The rest of the last update and the product with the next vector in one pass over the matrix.
    image.fill(0, k + 1);
    for (let i = k + 1; i < size; i++) updateAndMultiplyRow(a, size, i, v, p, next, image);
    let along = 0;
    for (let i = k + 1; i < size; i++) {
      image[i] = beta * (image[i] as number);
      along += (image[i] as number) * (next[i] as number);
    }
    const half = (beta * along) / 2;
    for (let i = k + 1; i < size; i++) image[i] = (image[i] as number) - half * (next[i] as number);
    for (let i = k + 1; i < size; i++) a[k * size + i] = next[i] as number;
    [v, next] = [next, v];
    [p, image] = [image, p];
  }
  for (let k = Math.max(0, size - 2); k < size; k++) updateRow(a, size, k, v, p);
  if (size >= 2) offDiagonal[size - 2] = a[(size - 2) * size + size - 1] as number;
  return {
    diagonal: Float64Array.from({ length: size }, (_, i) => a[i * size + i] as number),
    offDiagonal,
    turnBack: (vectors) => {
      for (let k = size - 3; k >= 0; k--) {
        for (const x of vectors) reflect(x, a, k * size, k + 1, betas[k] as number);
      }
    },
  };
}

/** Row i of `A - v pᵀ - p vᵀ`, from the diagonal on. */
function updateRow(a: Float64Array, size: number, i: number, v: Float64Array, p: Float64Array): void {
  const [vi, pi] = [v[i] as number, p[i] as number];
  const row = i * size;
  for (let j = i; j < size; j++) {
    a[row + j] = (a[row + j] as number) - vi * (p[j] as number) - pi * (v[j] as number);
  }
}

/** As `updateRow`, and adds what the row and the column equal to it give to the product with x. */
function updateAndMultiplyRow(
  a: Float64Array,
  size: number,
  i: number,
  v: Float64Array,
  p: Float64Array,
  x: Float64Array,
  image: Float64Array,
): void {
  const [vi, pi, xi] = [v[i] as number, p[i] as number, x[i] as number];
  const row = i * size;
  const diagonal = (a[row + i] as number) - 2 * vi * pi;
  a[row + i] = diagonal;
  let sum = diagonal * xi;
  for (let j = i + 1; j < size; j++) {
    const element = (a[row + j] as number) - vi * (p[j] as number) - pi * (v[j] as number);
    a[row + j] = element;
    sum += element * (x[j] as number);
    image[j] = (image[j] as number) + element * xi;
  }
  image[i] = (image[i] as number) + sum;
}

/** Writes the vector of `I - beta v vᵀ`, which leaves of row k only the element beside the diagonal, `value`. */
function reflectionOf(
  a: Float64Array,
  size: number,
  k: number,
  v: Float64Array,
): { readonly beta: number; readonly value: number } {
  const row = k * size;
  let rest = 0;
  for (let j = k + 2; j < size; j++) rest += square(a[row + j] as number);
  const first = a[row + k + 1] as number;
  if (rest === 0) {
    v.fill(0, k + 1);
    return { beta: 0, value: first };
  }
  const norm = Math.sqrt(square(first) + rest);
  const value = first > 0 ? -norm : norm;
  for (let j = k + 2; j < size; j++) v[j] = a[row + j] as number;
  v[k + 1] = first - value;
  return { beta: 2 / (square(first - value) + rest), value };
}

function reflect(x: Float64Array, a: Float64Array, row: number, from: number, beta: number): void {
  let along = 0;
  for (let j = from; j < x.length; j++) along += (a[row + j] as number) * (x[j] as number);
  const factor = beta * along;
  for (let j = from; j < x.length; j++) x[j] = (x[j] as number) - factor * (a[row + j] as number);
}

/** A product is rounded alike everywhere; the standard leaves `**` to the engine. */
function square(value: number): number {
  return value * value;
}

/** No eigenvalue is larger in magnitude (Gershgorin). */
export function eigenvalueBound({ diagonal, offDiagonal }: Tridiagonal): number {
  return diagonal.reduce((bound, value, i) => {
    const radius = Math.abs(offDiagonal[i - 1] ?? 0) + Math.abs(offDiagonal[i] ?? 0);
    return Math.max(bound, Math.abs(value) + radius);
  }, 0);
}

/** The `count` largest eigenvalues, falling, each by bisection on the Sturm count: no iteration that may fail. */
export function tridiagonalEigenvalues(tridiagonal: Tridiagonal, count: number): Float64Array {
  const { diagonal, offDiagonal } = tridiagonal;
  const size = diagonal.length;
  const bound = eigenvalueBound(tridiagonal);
  const squares = offDiagonal.map((value) => value * value);
  const tiny = Number.MIN_VALUE / Number.EPSILON;
  const countBelow = (x: number): number => {
    let below = 0;
    let pivot = 1;
    for (let i = 0; i < size; i++) {
      pivot = (diagonal[i] as number) - x - (i === 0 ? 0 : (squares[i - 1] as number) / pivot);
      if (Math.abs(pivot) < tiny) pivot = -tiny;
      if (pivot < 0) below++;
    }
    return below;
  };
  const eigenvalues = new Float64Array(count);
  let above = bound;
  for (let index = 0; index < count; index++) {
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
