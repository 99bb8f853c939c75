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

/** Columns that are multiplied before the next: two blocks of rows of them stay in the cache. */
const BLOCK = 512;

/** `M Mᵀ` of the rows [short, short], symmetric. Its eigenvalues are the squares of the singular values. */
export function gramMatrix({ short, long, values }: ShortSideRows): Float64Array {
  const gram = new Float64Array(short * short);
  for (let start = 0; start < long; start += BLOCK) {
    const end = Math.min(start + BLOCK, long);
    for (let row = 0; row < short; row++) {
      for (let other = 0; other <= row; other++) {
        gram[row * short + other] =
          (gram[row * short + other] as number) + dotRange(values, row * long, other * long, start, end);
      }
    }
  }
  for (let row = 0; row < short; row++) {
    for (let other = 0; other < row; other++) {
      gram[other * short + row] = gram[row * short + other] as number;
    }
  }
  return gram;
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
