/** Columns `start` to `start + count` of a matrix of `columns` columns in row-major order. */
export function takeColumns(
  matrix: Float32Array,
  columns: number,
  start: number,
  count: number,
): Float32Array {
  const rows = matrix.length / columns;
  const taken = new Float32Array(rows * count);
  for (let row = 0; row < rows; row++) {
    taken.set(matrix.subarray(row * columns + start, row * columns + start + count), row * count);
  }
  return taken;
}

/** Two matrices of as many rows side by side. */
export function joinColumns(left: Float32Array, right: Float32Array, rows: number): Float32Array {
  const [leftColumns, rightColumns] = [left.length / rows, right.length / rows];
  const columns = leftColumns + rightColumns;
  const joined = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    joined.set(left.subarray(row * leftColumns, (row + 1) * leftColumns), row * columns);
    joined.set(right.subarray(row * rightColumns, (row + 1) * rightColumns), row * columns + leftColumns);
  }
  return joined;
}

/** `left right` of [rows, inner] and [inner, columns], row-major, summed in float64. */
export function multiply(
  left: Float32Array,
  right: Float32Array,
  rows: number,
  inner: number,
  columns: number,
): Float64Array {
  const product = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const target = product.subarray(row * columns, (row + 1) * columns);
    for (let k = 0; k < inner; k++) {
      const factor = left[row * inner + k] as number;
      if (factor === 0) continue;
      for (let column = 0; column < columns; column++) {
        target[column] = (target[column] as number) + factor * (right[k * columns + column] as number);
      }
    }
  }
  return product;
}

/** A weight with `scale` times a path of its shape added, rounded once to f32. */
export function addScaled(weight: Float32Array, path: Float64Array, scale: number): Float32Array {
  return weight.map((element, index) => element + scale * (path[index] as number));
}
