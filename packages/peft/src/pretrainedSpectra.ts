import type { HostTensor } from "@peftbench/runtime";
import { MethodError } from "./errors.ts";
import type { Spectra } from "./method.ts";

export interface TruncatedSvd {
  readonly u: Float32Array;
  readonly singularValues: Float64Array;
  readonly v: Float32Array;
}

export function spectraOf(_weights: ReadonlyMap<string, HostTensor>): Spectra {
  const refuse = (name: string): never => {
    throw new MethodError(`${name}: decompositions are not there yet.`);
  };
  return { truncatedSvd: refuse, singularValues: refuse };
}
