import type { LoraDescription, LoraSite, PeftAdapter } from "@peftbench/peft";
import {
  adapterValues,
  checkLoraConfig,
  joinColumns,
  loraAdapter,
  loraNames,
  MethodError,
  multiply,
  takeColumns,
} from "@peftbench/peft";

/** How far the path that a file takes off the weight may be from ours, relative to its largest element. */
const SAME_PATH = 1e-4;

/**
 * A path that took its first value off the base weight, as a LoRA adapter of twice the rank over the pretrained weight:
 * `B A - B0 A0 = [B, -B0] [A; A0]`. Alpha is doubled with the rank, so that the scale stays what it was.
 */
export function differenceAdapter(
  description: LoraDescription,
  value: (name: string) => Float32Array,
  initial: (name: string) => Float32Array,
): PeftAdapter {
  return loraAdapter(doubled(description), (site) => doubledFactors(site, value, initial));
}

/**
 * Factors from an adapter of PEFT over the pretrained weight (twice the rank, as `differenceAdapter` and PEFT's own
 * conversion write it), or over the weight that PiSSA left (`init_lora_weights: "pissa"`).
 *
 * @throws MethodError if it is none of them, or takes another path off the weight than ours
 */
export function pissaFactors(
  adapter: PeftAdapter,
  description: LoraDescription,
  initial: (name: string) => Float32Array,
): ReadonlyMap<string, Float32Array> {
  if (adapter.config.init_lora_weights === "pissa") {
    checkLoraConfig(adapter.config, description, "pissa");
    return adapterValues(adapter, description.sites.flatMap(declaredFactors));
  }
  const wide = doubled(description);
  checkLoraConfig(adapter.config, wide);
  const values = adapterValues(adapter, wide.sites.flatMap(declaredFactors));
  return new Map(
    description.sites.flatMap((site): [string, Float32Array][] => {
      const { module, rank } = site;
      const names = loraNames(module);
      const [a, b] = [values.get(names.a) as Float32Array, values.get(names.b) as Float32Array];
      const length = rank * module.inFeatures;
      requireSamePath(site, a.subarray(length), takeColumns(b, 2 * rank, rank, rank), initial);
      return [
        [names.a, a.slice(0, length)],
        [names.b, takeColumns(b, 2 * rank, 0, rank)],
      ];
    }),
  );
}

/** Compares products: signs of singular vectors are free. */
function requireSamePath(
  { module, rank }: LoraSite,
  a: Float32Array,
  negativeB: Float32Array,
  initial: (name: string) => Float32Array,
): void {
  const names = loraNames(module);
  const { inFeatures, outFeatures } = module;
  const theirs = multiply(negativeB, a, outFeatures, rank, inFeatures);
  const ours = multiply(initial(names.b), initial(names.a), outFeatures, rank, inFeatures);
  const largest = ours.reduce((most, element) => Math.max(most, Math.abs(element)), 0);
  const isSame = ours.every((element, index) => {
    return Math.abs(element + (theirs[index] as number)) <= SAME_PATH * largest;
  });
  if (isSame) return;
  throw new MethodError(
    `The adapter takes another path off ${module.name}.weight than the leading singular triplets that PiSSA takes. ` +
      `Load it as LoRA of rank ${2 * rank} with the usual first values.`,
  );
}

function declaredFactors({ module, rank }: LoraSite) {
  const { a, b } = loraNames(module);
  return [
    { name: a, shape: [rank, module.inFeatures] },
    { name: b, shape: [module.outFeatures, rank] },
  ];
}

/** The same modules at twice the rank and the same scale. */
function doubled(description: LoraDescription): LoraDescription {
  const twice = <Site extends { readonly rank: number; readonly alpha: number }>(site: Site): Site => ({
    ...site,
    rank: 2 * site.rank,
    // alpha / sqrt(rank) grows by the root of the rank's factor alone.
    alpha: (description.isRankStabilized ? Math.SQRT2 : 2) * site.alpha,
  });
  return { ...twice(description), sites: description.sites.map(twice) };
}

function doubledFactors(
  { module }: LoraSite,
  value: (name: string) => Float32Array,
  initial: (name: string) => Float32Array,
): { readonly a: Float32Array; readonly b: Float32Array } {
  const names = loraNames(module);
  const [a, b, firstA, firstB] = [value(names.a), value(names.b), initial(names.a), initial(names.b)];
  const joinedA = new Float32Array(2 * a.length);
  joinedA.set(a);
  joinedA.set(firstA, a.length);
  return {
    a: joinedA,
    b: joinColumns(
      b,
      firstB.map((element) => -element),
      module.outFeatures,
    ),
  };
}
