import type { AdapterParameter, LoraSite } from "@peftbench/peft";
import { loraNames, MethodError } from "@peftbench/peft";

/** Added to the diagonal of `A Aᵀ` before it is inverted, as PEFT does. */
const RIDGE = 1e-8;

/** Name of a site's `(A Aᵀ + 1e-8 I)⁻¹`. */
export function inverseGramName({ module }: LoraSite): string {
  return `${module.name}.lora_A.inverseGram`;
}

/**
 * `(A Aᵀ + 1e-8 I)⁻¹` [rank, rank] of a site, made once as A is frozen. It must be declared after A.
 *
 * @throws MethodError if `A Aᵀ` has no inverse, the rank being larger than the inputs are many
 */
export function inverseGramParameter(site: LoraSite): AdapterParameter {
  const { module, rank } = site;
  if (rank > module.inFeatures) {
    throw new MethodError(
      `preconditioner "projection": rank ${rank} is above the ${module.inFeatures} inputs of ${module.name}, ` +
        "so that A Aᵀ has no inverse. Choose a smaller rank.",
    );
  }
  return {
    name: inverseGramName(site),
    shape: [rank, rank],
    trainable: false,
    initialize: ({ firstValue }) => inverseGram(firstValue(loraNames(module).a), rank),
  };
}

/** B's gradient [outFeatures, rank] times `(A Aᵀ + 1e-8 I)⁻¹ / scale²`: of all paths through A, the nearest to W's gradient. */
export function projectGradient(
  site: LoraSite,
  scale: number,
): NonNullable<AdapterParameter["transformGradient"]> {
  return (gradient, { parameter }) =>
    gradient.matmul(parameter(inverseGramName(site)), { scale: 1 / scale ** 2 });
}

/** `(A Aᵀ + 1e-8 I)⁻¹` [rank, rank] of A [rank, columns], by Gauss and Jordan in float64. */
export function inverseGram(a: Float32Array, rank: number): Float32Array {
  const columns = a.length / rank;
  const width = 2 * rank;
  // Gram matrix and identity side by side.
  const work = new Float64Array(rank * width);
  for (let row = 0; row < rank; row++) {
    for (let column = 0; column < rank; column++) {
      let sum = row === column ? RIDGE : 0;
      for (let k = 0; k < columns; k++)
        sum += (a[row * columns + k] as number) * (a[column * columns + k] as number);
      work[row * width + column] = sum;
    }
    work[row * width + rank + row] = 1;
  }
  // The matrix is positive definite, so pivots on the diagonal are never zero.
  for (let pivot = 0; pivot < rank; pivot++) {
    const pivotRow = work.subarray(pivot * width, (pivot + 1) * width);
    const diagonal = pivotRow[pivot] as number;
    for (let column = 0; column < width; column++) pivotRow[column] = (pivotRow[column] as number) / diagonal;
    for (let row = 0; row < rank; row++) {
      const factor = work[row * width + pivot] as number;
      if (row === pivot || factor === 0) continue;
      for (let column = 0; column < width; column++) {
        const place = row * width + column;
        work[place] = (work[place] as number) - factor * (pivotRow[column] as number);
      }
    }
  }
  return Float32Array.from(
    { length: rank * rank },
    (_, index) => work[Math.floor(index / rank) * width + rank + (index % rank)] as number,
  );
}
