/** A weight with its shorter side first, in float64: `short` rows of `long` elements. */
export interface ShortSideRows {
  readonly short: number;
  readonly long: number;
  readonly values: Float64Array;
  /** The rows are the weight's columns. */
  readonly isTransposed: boolean;
}

/** @param values [rows, columns], row-major */
export function shortSideRows(values: ArrayLike<number>, rows: number, columns: number): ShortSideRows {
  if (rows <= columns) {
    return { short: rows, long: columns, values: Float64Array.from(values), isTransposed: false };
  }
  const transposed = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      transposed[column * rows + row] = values[row * columns + column] as number;
    }
  }
  return { short: columns, long: rows, values: transposed, isTransposed: true };
}

/** Columns that are multiplied before the next: a block of rows of them stays in the cache. */
const BLOCK = 512;

/** `M Mᵀ` of the rows [short, short], symmetric. Its eigenvalues are the squares of the singular values. */
export function gramMatrix({ short, long, values }: ShortSideRows): Float64Array {
  const gram = new Float64Array(short * short);
  const add = (row: number, other: number, sum: number): void => {
    gram[row * short + other] = (gram[row * short + other] as number) + sum;
  };
  for (let start = 0; start < long; start += BLOCK) {
    const end = Math.min(start + BLOCK, long);
    let row = 0;
    for (; row + 1 < short; row += 2) {
      let other = 0;
      for (; other + 3 <= row; other += 4) addProducts(gram, short, values, long, row, other, start, end);
      for (; other <= row + 1; other++) {
        if (other <= row) add(row, other, dotRange(values, row * long, other * long, start, end));
        add(row + 1, other, dotRange(values, (row + 1) * long, other * long, start, end));
      }
    }
    for (let other = 0; row < short && other < short; other++) {
      add(row, other, dotRange(values, row * long, other * long, start, end));
    }
  }
  for (let row = 0; row < short; row++) {
    for (let other = 0; other < row; other++) {
      gram[other * short + row] = gram[row * short + other] as number;
    }
  }
  return gram;
}

/** Products of two rows with four others: an element that is read once is used in several of the eight sums. */
function addProducts(
  gram: Float64Array,
  short: number,
  values: Float64Array,
  long: number,
  row: number,
  other: number,
  start: number,
  end: number,
): void {
  const [p, q] = [row * long, (row + 1) * long];
  const [w, x, y, z] = [other * long, (other + 1) * long, (other + 2) * long, (other + 3) * long];
  let [pw, px, py, pz, qw, qx, qy, qz] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let k = start; k < end; k++) {
    const [a, b] = [values[p + k] as number, values[q + k] as number];
    const [c, d, e, f] = [
      values[w + k] as number,
      values[x + k] as number,
      values[y + k] as number,
      values[z + k] as number,
    ];
    pw += a * c;
    px += a * d;
    py += a * e;
    pz += a * f;
    qw += b * c;
    qx += b * d;
    qy += b * e;
    qz += b * f;
  }
  const [first, second] = [row * short + other, (row + 1) * short + other];
  gram[first] = (gram[first] as number) + pw;
  gram[first + 1] = (gram[first + 1] as number) + px;
  gram[first + 2] = (gram[first + 2] as number) + py;
  gram[first + 3] = (gram[first + 3] as number) + pz;
  gram[second] = (gram[second] as number) + qw;
  gram[second + 1] = (gram[second + 1] as number) + qx;
  gram[second + 2] = (gram[second + 2] as number) + qy;
  gram[second + 3] = (gram[second + 3] as number) + qz;
}

/** Four sums at once: a single one would wait for each addition before the next. */
function dotRange(values: Float64Array, left: number, right: number, start: number, end: number): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  let k = start;
  for (; k + 3 < end; k += 4) {
    a += (values[left + k] as number) * (values[right + k] as number);
    b += (values[left + k + 1] as number) * (values[right + k + 1] as number);
    c += (values[left + k + 2] as number) * (values[right + k + 2] as number);
    d += (values[left + k + 3] as number) * (values[right + k + 3] as number);
  }
  for (; k < end; k++) a += (values[left + k] as number) * (values[right + k] as number);
  return a + b + (c + d);
}
