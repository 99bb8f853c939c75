import type { LinearModule } from "@peftbench/models";
import type { Random } from "@peftbench/runtime";
import { orthonormalize, randomVector } from "../spectra/orthonormal.ts";
import type { FactorInitializers } from "./factors.ts";

/** `Vᵀ` [rank, inFeatures] of the `rank` leading singular triplets of a module's weight `W = U Σ Vᵀ`. */
export function rightVectors(module: LinearModule, rank: number): FactorInitializers["a"] {
  return ({ spectra }) => {
    const { v } = spectra.truncatedSvd(`${module.name}.weight`, rank);
    const { inFeatures } = module;
    return Float32Array.from(
      { length: rank * inFeatures },
      (_, index) => v[(index % inFeatures) * rank + Math.floor(index / inFeatures)] as number,
    );
  };
}

/** `Σ Vᵀ` [rank, inFeatures]. */
export function scaledRightVectors(module: LinearModule, rank: number): FactorInitializers["a"] {
  const vectors = rightVectors(module, rank);
  return (context) => {
    const { singularValues } = context.spectra.truncatedSvd(`${module.name}.weight`, rank);
    const { inFeatures } = module;
    return vectors(context).map(
      (value, index) => value * (singularValues[Math.floor(index / inFeatures)] as number),
    );
  };
}

/** `U` [outFeatures, rank]. */
export function leftVectors(module: LinearModule, rank: number): FactorInitializers["b"] {
  return ({ spectra }) => Float32Array.from(spectra.truncatedSvd(`${module.name}.weight`, rank).u);
}

/** `Σ` [rank, rank] divided by `scale`. */
export function singularValueMatrix(
  module: LinearModule,
  rank: number,
  scale: number,
): FactorInitializers["s"] {
  return ({ spectra }) => {
    const { singularValues } = spectra.truncatedSvd(`${module.name}.weight`, rank);
    const core = new Float32Array(rank * rank);
    singularValues.forEach((value, index) => {
      core[index * (rank + 1)] = value / scale;
    });
    return core;
  };
}

/** `count` orthonormal vectors of `size` numbers, made of random ones. */
export function orthonormalRows(random: Random, count: number, size: number): readonly Float64Array[] {
  return orthonormalize(
    Array.from({ length: count }, () => randomVector(size, random)),
    random,
  );
}

/** Uniform in ±bound. */
export function uniformWithin(random: Random, length: number, bound: number): Float32Array {
  return Float32Array.from({ length }, () => (2 * random.uniform() - 1) * bound);
}
