import type { LinearModule } from "@peftbench/peft";

/** `B A` of an adapted module in float64 sums, [outFeatures, inFeatures] in row-major order. */
export function loraDelta(
  module: LinearModule,
  rank: number,
  a: Float32Array,
  b: Float32Array,
): Float32Array {
  const { inFeatures, outFeatures } = module;
  const delta = new Float32Array(outFeatures * inFeatures);
  const row = new Float64Array(inFeatures);
  for (let out = 0; out < outFeatures; out++) {
    row.fill(0);
    for (let k = 0; k < rank; k++) {
      const factor = b[out * rank + k] as number;
      for (let column = 0; column < inFeatures; column++) {
        row[column] = (row[column] as number) + factor * (a[k * inFeatures + column] as number);
      }
    }
    delta.set(row, out * inFeatures);
  }
  return delta;
}
