import type { MatmulAttributes } from "../../ops/matmul.ts";
import type { ReductionAttributes } from "../../ops/reduce.ts";
import type { ReferenceOp } from "./reference.ts";
import { input, reference } from "./reference.ts";
import type { Tensor64 } from "./tensor64.ts";
import { fill } from "./tensor64.ts";

function reduction(combine: (values: readonly number[]) => number): ReferenceOp {
  return reference<ReductionAttributes>((inputs, { axes, keepAxes }) => {
    const x = input(inputs, 0);
    const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    const groups = Array.from(
      { length: kept.reduce((product, size) => product * size, 1) },
      (): number[] => [],
    );
    let element = 0;
    fill(x.shape, (position) => {
      let group = 0;
      for (const [axis, size] of kept.entries())
        group = group * size + (size === 1 ? 0 : (position[axis] as number));
      groups[group]?.push(x.data[element++] as number);
      return 0;
    });
    const shape = keepAxes ? kept : x.shape.filter((_, axis) => !axes.includes(axis));
    return [{ shape, data: Float64Array.from(groups, combine) }];
  });
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Element of the last two axes of batch entry `batch`, read transposed or not. */
function matrixReader(
  x: Tensor64,
  transposed: boolean,
): (batch: number, row: number, column: number) => number {
  const height = x.shape.at(-2) as number;
  const width = x.shape.at(-1) as number;
  return (batch, row, column) =>
    x.data[batch * height * width + (transposed ? column * width + row : row * width + column)] as number;
}

/** Sums and matrix products. */
export const linearReferences: Readonly<Record<string, ReferenceOp>> = {
  sum: reduction(total),
  mean: reduction((values) => total(values) / values.length),
  max: reduction((values) => values.reduce((largest, value) => Math.max(largest, value))),
  matmul: reference<MatmulAttributes>((inputs, { transposeA, transposeB, scale }) => {
    const [a, b] = [input(inputs, 0), input(inputs, 1)];
    const [readA, readB] = [matrixReader(a, transposeA), matrixReader(b, transposeB)];
    const rows = a.shape.at(transposeA ? -1 : -2) as number;
    const inner = a.shape.at(transposeA ? -2 : -1) as number;
    const columns = b.shape.at(transposeB ? -2 : -1) as number;
    const batches = a.data.length / (rows * inner);
    const data = new Float64Array(batches * rows * columns);
    let element = 0;
    for (let batch = 0; batch < batches; batch++) {
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          let sum = 0;
          for (let k = 0; k < inner; k++) sum += readA(batch, row, k) * readB(batch, k, column);
          data[element++] = scale * sum;
        }
      }
    }
    return [{ shape: [...a.shape.slice(0, -2), rows, columns], data }];
  }),
};
