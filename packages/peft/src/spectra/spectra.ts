import type { HostTensor } from "@peftbench/runtime";
import { MethodError } from "../errors.ts";
import type { Spectra } from "../method.ts";
import type { SpectrumCache } from "./cache.ts";
import { noCache } from "./cache.ts";
import type { NamedMatrix, TruncatedSvd } from "./truncatedSvd.ts";
import { singularValues, truncatedSvd } from "./truncatedSvd.ts";

/**
 * Decompositions of weights by name, made when first asked for and kept.
 * @throws MethodError (when asked) for a name that is not there, or a tensor that is no matrix
 */
export function spectraOf(weights: ReadonlyMap<string, HostTensor>, cache: SpectrumCache = noCache): Spectra {
  const decompositions = new Map<string, TruncatedSvd>();
  const spectra = new Map<string, Float64Array>();
  const matrix = (name: string): NamedMatrix => {
    const tensor = weights.get(name);
    const [rows, columns, ...more] = tensor?.shape ?? [];
    if (tensor === undefined || rows === undefined || columns === undefined || more.length > 0) {
      const found = tensor === undefined ? "there is none" : `its shape is [${tensor.shape}]`;
      throw new MethodError(`${name} cannot be decomposed: a matrix is needed, ${found}.`);
    }
    return { name, values: tensor.data as Float32Array, rows, columns };
  };
  return {
    truncatedSvd: (name, rank) => {
      const key = `${name} ${rank}`;
      const known = decompositions.get(key);
      if (known !== undefined) return known;
      const made = cache.truncatedSvd(matrix(name), rank, truncatedSvd);
      decompositions.set(key, made);
      return made;
    },
    singularValues: (name) => {
      const known = spectra.get(name);
      if (known !== undefined) return known;
      const made = cache.singularValues(matrix(name), singularValues);
      spectra.set(name, made);
      return made;
    },
  };
}
