/** The products that are compared, their operands, and what their results must be. */
import { createRandom } from "@peftbench/runtime";

/** `op(a) @ b`: [rows, inner] by [inner, columns]. */
export interface MatmulProblem {
  readonly name: string;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  /** a lies in memory as [inner, rows]. */
  readonly transposeA: boolean;
}

export interface Operands {
  readonly a: Float32Array<ArrayBuffer>;
  readonly b: Float32Array<ArrayBuffer>;
}

const product = (name: string, rows: number, inner: number, columns: number): MatmulProblem => ({
  name,
  rows,
  inner,
  columns,
  transposeA: false,
});

/** Those of a transformer's training step: MiniLM (384 wide) at 1024 tokens, and one of BERT-base (768 wide). */
export const matmulProblems: readonly MatmulProblem[] = [
  product("projection", 1024, 384, 384),
  product("feed-forward, up", 1024, 384, 1536),
  product("feed-forward, down", 1024, 1536, 384),
  product("projection of BERT-base", 512, 768, 768),
  product("rank-8 side", 1024, 384, 8),
  { ...product("weight gradient", 384, 1024, 384), transposeA: true },
];

/** Multiplications and additions. */
export function operationCount({ rows, inner, columns }: MatmulProblem): number {
  return 2 * rows * inner * columns;
}

export function shapeOfA({ rows, inner, transposeA }: MatmulProblem): [number, number] {
  return transposeA ? [inner, rows] : [rows, inner];
}

/** Standard normal, the same in every process. */
export function operandsOf(problem: MatmulProblem): Operands {
  const values = (stream: string, length: number): Float32Array<ArrayBuffer> => {
    const random = createRandom(0, `${problem.name}: ${stream}`);
    return Float32Array.from({ length }, () => random.normal());
  };
  return {
    a: values("a", problem.rows * problem.inner),
    b: values("b", problem.inner * problem.columns),
  };
}

/** The product in float64. */
export function referenceProduct(problem: MatmulProblem, { a, b }: Operands): Float64Array {
  const { rows, inner, columns, transposeA } = problem;
  const result = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const sums = result.subarray(row * columns, (row + 1) * columns);
    for (let k = 0; k < inner; k++) {
      const left = a[transposeA ? k * rows + row : row * inner + k] as number;
      for (let column = 0; column < columns; column++) {
        sums[column] = (sums[column] as number) + left * (b[k * columns + column] as number);
      }
    }
  }
  return result;
}

/** The largest difference, relative to the root mean square of what is expected. */
export function relativeError(actual: ArrayLike<number>, expected: Float64Array): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  let squares = 0;
  for (const [index, value] of expected.entries()) {
    const difference = Math.abs((actual[index] as number) - value);
    // Not Math.max: a NaN must not pass.
    if (!(difference <= largest)) largest = difference;
    squares += value * value;
  }
  return largest / Math.sqrt(squares / expected.length);
}
