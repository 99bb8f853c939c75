import { spectraOf } from "@peftbench/peft";
import { createRandom } from "@peftbench/runtime";

/** What a spectrum comes to. */
export interface SpectrumSummary {
  /** Squared Frobenius over squared spectral norm, Σσ² / σ₁²: between 1 and the number of values. */
  readonly stableRank: number;
  /** Exponential of the entropy of σ / Σσ (Roy and Vetterli 2007): between 1 and the number of values. */
  readonly effectiveRank: number;
  /** Share of Σσ² that the leading so many hold. */
  readonly topShares: readonly { readonly rank: number; readonly share: number }[];
  /**
   * Values above the edge of Marchenko and Pastur: where the largest of a random matrix of this shape and norm comes to
   * lie as both sides grow.
   */
  readonly aboveRandomEdge: number;
}

/** @param values singular values, falling. @throws {RangeError} for a matrix of zeros, which has no such figures */
export function summarizeSpectrum(
  values: Float64Array,
  [rows, columns]: readonly [number, number],
  ranks: readonly number[],
): SpectrumSummary {
  const largest = values[0] ?? 0;
  if (!(largest > 0))
    throw new RangeError("The matrix is zero; expected one with a positive singular value.");
  const energy = values.reduce((sum, value) => sum + value * value, 0);
  const total = values.reduce((sum, value) => sum + value, 0);
  const entropy = values.reduce((sum, value) => sum - xLogX(value / total), 0);
  const edge = randomEdge(rows, columns);
  return {
    stableRank: energy / largest ** 2,
    effectiveRank: Math.exp(entropy),
    topShares: ranks.map((rank) => ({
      rank,
      share: values.subarray(0, rank).reduce((sum, value) => sum + value * value, 0) / energy,
    })),
    aboveRandomEdge: relativeToRms(values).filter((value) => value > edge).length,
  };
}

/** Divided by their root mean square, so that matrices of any scale compare. */
export function relativeToRms(values: Float64Array): Float64Array {
  const rms = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  return values.map((value) => value / rms);
}

/** 1 + √(short / long): the largest singular value of a large random matrix, relative to the root mean square of all. */
export function randomEdge(rows: number, columns: number): number {
  return 1 + Math.sqrt(Math.min(rows, columns) / Math.max(rows, columns));
}

/** All singular values of a matrix in row-major order, falling, in float64. */
export function singularValuesOf(name: string, data: Float32Array, shape: readonly number[]): Float64Array {
  return spectraOf(new Map([[name, { shape, dtype: "f32" as const, data }]])).singularValues(name);
}

/** Of a matrix of independent normal numbers, drawn once a shape. */
export function randomSpectrum(rows: number, columns: number): Float64Array {
  const name = `random [${rows}, ${columns}]`;
  const random = createRandom(0, name);
  const data = Float32Array.from({ length: rows * columns }, () => random.normal());
  return singularValuesOf(name, data, [rows, columns]);
}

function xLogX(share: number): number {
  return share === 0 ? 0 : share * Math.log(share);
}
