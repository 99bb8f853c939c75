import type { InitializationContext, LoraSite, Spectra } from "@peftbench/peft";
import type { LoraConfig } from "./config.ts";

/** First values of A [rank, inFeatures]. */
export function initialA(
  site: LoraSite,
  scale: number,
  init: LoraConfig["init"],
  { random, spectra }: InitializationContext,
): Float32Array {
  const { inFeatures } = site.module;
  const length = site.rank * inFeatures;
  switch (init) {
    case "kaiming": {
      // Kaiming with a = sqrt 5.
      const bound = 1 / Math.sqrt(inFeatures);
      return Float32Array.from({ length }, () => (2 * random.uniform() - 1) * bound);
    }
    case "gaussian":
      return Float32Array.from({ length }, () => random.normal() / site.rank);
    case "pissa":
      return principalFactors(site, scale, spectra).a;
  }
}

/** First values of B [outFeatures, rank]. */
export function initialB(
  site: LoraSite,
  scale: number,
  init: LoraConfig["init"],
  { spectra }: InitializationContext,
): Float32Array {
  return init === "pissa"
    ? principalFactors(site, scale, spectra).b
    : new Float32Array(site.module.outFeatures * site.rank);
}

/** `A = sqrt(Σ / scale) Vᵀ` and `B = U sqrt(Σ / scale)` of the leading triplets (PiSSA, arXiv 2404.02948, eq. 2 and 3). */
export function principalFactors(
  { module, rank }: LoraSite,
  scale: number,
  spectra: Spectra,
): { readonly a: Float32Array; readonly b: Float32Array } {
  const { inFeatures, outFeatures } = module;
  const { u, singularValues, v } = spectra.truncatedSvd(`${module.name}.weight`, rank);
  const root = (k: number): number => Math.sqrt((singularValues[k] as number) / scale);
  const a = new Float32Array(rank * inFeatures);
  const b = new Float32Array(outFeatures * rank);
  for (let k = 0; k < rank; k++) {
    for (let row = 0; row < outFeatures; row++) b[row * rank + k] = root(k) * (u[row * rank + k] as number);
    for (let column = 0; column < inFeatures; column++) {
      a[k * inFeatures + column] = root(k) * (v[column * rank + k] as number);
    }
  }
  return { a, b };
}
