import type { AdapterParameter, LinearModule, LinearSite } from "@peftbench/peft";
import type { Random, Tensor } from "@peftbench/runtime";

/** Names of a module's factors, as PEFT's files have them: Q [rank, in], Λ [rank, 1] and P [out, rank]. */
export interface TripletNames {
  readonly q: string;
  readonly lambda: string;
  readonly p: string;
}

/** Standard deviation of P and Q at first, by the authors' code and PEFT. */
const INITIAL_DEVIATION = 0.02;

export function tripletNames({ name }: Pick<LinearModule, "name">): TripletNames {
  return { q: `${name}.lora_A`, lambda: `${name}.lora_E`, p: `${name}.lora_B` };
}

/** The factors of one module, all of which train: P and Q random, Λ zero. */
export function tripletParameters(module: LinearModule, rank: number): readonly AdapterParameter[] {
  const { inFeatures, outFeatures } = module;
  const { q, lambda, p } = tripletNames(module);
  const normal = (random: Random, length: number): Float32Array =>
    Float32Array.from({ length }, () => INITIAL_DEVIATION * random.normal());
  return [
    {
      name: q,
      shape: [rank, inFeatures],
      trainable: true,
      initialize: ({ random }) => normal(random, rank * inFeatures),
    },
    {
      name: lambda,
      shape: [rank, 1],
      trainable: true,
      initialize: () => new Float32Array(rank),
    },
    {
      name: p,
      shape: [outFeatures, rank],
      trainable: true,
      initialize: ({ random }) => normal(random, outFeatures * rank),
    },
  ];
}

/** Factor on every path. It stays with the initial rank: the authors found that following the present one hurts. */
export function pathScale(alpha: number, initialRank: number): number {
  return alpha / (initialRank + 1e-5);
}

/** `x Wᵀ + b + scale drop(x) (Λ Q)ᵀ Pᵀ`. Λ goes to Q first, so that backward keeps one activation of the rank's width. */
export function adaptedLinear(site: LinearSite, scale: number, dropout: number): Tensor {
  const { q, lambda, p } = tripletNames(site.module);
  const scaledQ = site.parameter(q).mul(site.parameter(lambda));
  const low = site.dropout(site.x, dropout).matmul(scaledQ, { transposeB: true });
  return site.base().add(low.matmul(site.parameter(p), { transposeB: true, scale }));
}
