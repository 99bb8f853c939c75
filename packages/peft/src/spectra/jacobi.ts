/** `C = Q diag(values) Wᵀ` of a matrix C whose columns are given. */
export interface JacobiSvd {
  /** Orthonormal columns; a zero column where the value is 0. */
  readonly q: readonly Float64Array[];
  /** Falling. */
  readonly values: Float64Array;
  /** Column j [columns]: how the j-th result is made out of the given columns. */
  readonly w: readonly Float64Array[];
}

const MOST_SWEEPS = 60;

/**
 * One-sided Jacobi (Hestenes 1958): pairs of columns are rotated until all are orthogonal. Small singular values come
 * out to high relative accuracy, which methods over the Gram matrix do not give. For few columns: the cost grows with
 * the square of their number, times their length.
 */
export function jacobiSvd(given: readonly Float64Array[]): JacobiSvd {
  const columns = given.map((column) => column.slice());
  const w = given.map((_, index) => {
    const unit = new Float64Array(given.length);
    unit[index] = 1;
    return unit;
  });
  // Rounding of a product of two columns grows about so: below it there is nothing left to rotate away.
  const orthogonal = Math.sqrt(given[0]?.length ?? 0) * Number.EPSILON;
  const squares = Float64Array.from(columns, (column) => dot(column, column));
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let rotated = false;
    for (let i = 0; i < columns.length; i++) {
      for (let j = i + 1; j < columns.length; j++) {
        const [x, y] = [columns[i] as Float64Array, columns[j] as Float64Array];
        const rotation = rotationOf(squares[i] as number, squares[j] as number, dot(x, y), orthogonal);
        if (rotation === null) continue;
        rotated = true;
        rotate(x, y, rotation);
        rotate(w[i] as Float64Array, w[j] as Float64Array, rotation);
        squares[i] = dot(x, x);
        squares[j] = dot(y, y);
      }
    }
    if (!rotated) break;
  }
  const norms = Array.from(squares, Math.sqrt);
  const order = norms
    .map((_, index) => index)
    .sort((a, b) => (norms[b] as number) - (norms[a] as number) || a - b);
  return {
    q: order.map((index) => {
      const norm = norms[index] as number;
      return (columns[index] as Float64Array).map((value) => (norm === 0 ? 0 : value / norm));
    }),
    values: Float64Array.from(order, (index) => norms[index] as number),
    w: order.map((index) => w[index] as Float64Array),
  };
}

interface Rotation {
  readonly cosine: number;
  readonly sine: number;
}

/** @param orthogonal cosine below which two columns need no rotation */
function rotationOf(xx: number, yy: number, xy: number, orthogonal: number): Rotation | null {
  if (xx === 0 || yy === 0 || Math.abs(xy) <= orthogonal * Math.sqrt(xx * yy)) return null;
  const zeta = (yy - xx) / (2 * xy);
  const tangent = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  return { cosine, sine: cosine * tangent };
}

function rotate(x: Float64Array, y: Float64Array, { cosine, sine }: Rotation): void {
  for (let index = 0; index < x.length; index++) {
    const [a, b] = [x[index] as number, y[index] as number];
    x[index] = cosine * a - sine * b;
    y[index] = sine * a + cosine * b;
  }
}

export function dot(x: Float64Array, y: Float64Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  let index = 0;
  for (; index + 3 < x.length; index += 4) {
    a += (x[index] as number) * (y[index] as number);
    b += (x[index + 1] as number) * (y[index + 1] as number);
    c += (x[index + 2] as number) * (y[index + 2] as number);
    d += (x[index + 3] as number) * (y[index + 3] as number);
  }
  for (; index < x.length; index++) a += (x[index] as number) * (y[index] as number);
  return a + b + (c + d);
}
