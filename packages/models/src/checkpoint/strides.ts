// A tensor looks at its storage through an offset and a stride for each dimension, both counted in elements: a
// transposed matrix is the same storage with its strides swapped.

/** Where the last element of a shape without zeros lies, counted from the first. */
export function lastElement(shape: readonly number[], strides: readonly number[]): number {
  return shape.reduce((last, size, dimension) => last + (size - 1) * (strides[dimension] as number), 0);
}

/** Whether elements lie one after another in row-major order. A dimension of size 1 may have any stride. */
export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let dimension = shape.length - 1; dimension >= 0; dimension--) {
    const size = shape[dimension] as number;
    if (size !== 1 && strides[dimension] !== expected) return false;
    expected *= size;
  }
  return true;
}

/** Copies elements into row-major order. `values` begins with the tensor's first element. */
export function rowMajor(
  values: Float32Array,
  shape: readonly number[],
  strides: readonly number[],
): Float32Array<ArrayBuffer> {
  const count = shape.reduce((product, size) => product * size, 1);
  const result = new Float32Array(count);
  const position = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < count; to++) {
    result[to] = values[from] as number;
    for (let dimension = shape.length - 1; dimension >= 0; dimension--) {
      const stride = strides[dimension] as number;
      const next = (position[dimension] as number) + 1;
      if (next < (shape[dimension] as number)) {
        position[dimension] = next;
        from += stride;
        break;
      }
      position[dimension] = 0;
      from -= (next - 1) * stride;
    }
  }
  return result;
}
