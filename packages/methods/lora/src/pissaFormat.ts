import type { LoraDescription, LoraSite, PeftAdapter } from "@peftbench/peft";
import { joinColumns, loraAdapter, loraNames } from "@peftbench/peft";

/**
 * A path that took its first value off the base weight, as a LoRA adapter of twice the rank over the pretrained weight:
 * `B A - B0 A0 = [B, -B0] [A; A0]`. Alpha is doubled with the rank, so that the scale stays what it was.
 */
export function differenceAdapter(
  description: LoraDescription,
  value: (name: string) => Float32Array,
  initial: (name: string) => Float32Array,
): PeftAdapter {
  const twice = <Site extends { readonly rank: number; readonly alpha: number }>(site: Site): Site => ({
    ...site,
    rank: 2 * site.rank,
    // alpha / sqrt(rank) grows by the root of the rank's factor alone.
    alpha: (description.isRankStabilized ? Math.SQRT2 : 2) * site.alpha,
  });
  const doubled: LoraDescription = { ...twice(description), sites: description.sites.map(twice) };
  return loraAdapter(doubled, (site) => doubledFactors(site, value, initial));
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
