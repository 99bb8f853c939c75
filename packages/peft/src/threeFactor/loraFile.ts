import { adapterValues } from "../adapterTensors.ts";
import { MethodError } from "../errors.ts";
import type { LoraDescription, LoraSite } from "../loraFormat.ts";
import { checkLoraConfig, loraAdapter, loraNames } from "../loraFormat.ts";
import { multiply } from "../matrices.ts";
import type { PeftAdapter } from "../method.ts";
import type { ThreeFactorOptions } from "./attach.ts";
import { outerParts, wholeOuter } from "./carryOver.ts";
import type { ThreeFactorSite } from "./factors.ts";
import { factorNames } from "./factors.ts";
import type { FreezeStage } from "./freezeSchedule.ts";
import { freezeStages } from "./freezeSchedule.ts";

type Read = (name: string) => Float32Array;

/** A trained path as a LoRA adapter over the pretrained weight: `A' = A`, `B' = B S`, less `B0 S0` where W lost it. */
export function threeFactorToLora(
  options: ThreeFactorOptions,
  description: LoraDescription,
  value: Read,
  initial: Read,
): PeftAdapter {
  const bySite = sitesByModule(options);
  return loraAdapter(description, ({ module }) => {
    const site = siteOf(bySite, module.name);
    const outer = outerTimesCore(site, options, value);
    const first = options.keepsFunction ? outerTimesCore(site, options, initial) : null;
    const b = Float32Array.from(outer, (element, index) => element - (first?.[index] ?? 0));
    return { a: value(factorNames(module, options.prefix).a), b };
  });
}

/** The factors, as the last stage has them, that compute what a LoRA adapter does: its A and B around an identity. */
export function loraToThreeFactor(
  options: ThreeFactorOptions,
  description: LoraDescription,
  adapter: PeftAdapter,
  initial: Read,
): ReadonlyMap<string, Float32Array> {
  checkLoraConfig(adapter.config, description);
  const declared = description.sites.flatMap(({ module, rank }) => {
    const { a, b } = loraNames(module);
    return [
      { name: a, shape: [rank, module.inFeatures] },
      { name: b, shape: [module.outFeatures, rank] },
    ];
  });
  const tensors = adapterValues(adapter, declared);
  const lastStage = freezeStages(options.schedule).at(-1) as FreezeStage;
  const values = new Map<string, Float32Array>();
  for (const site of options.sites) {
    const { module, rank } = site;
    const [names, file] = [factorNames(module, options.prefix), loraNames(module)];
    const [a, b] = [tensors.get(file.a) as Float32Array, tensors.get(file.b) as Float32Array];
    let outer = b;
    if (options.keepsFunction) {
      const frozen = initial(names.a);
      if (!a.every((element, index) => element === frozen[index])) {
        throw new MethodError(`${file.a} is not the frozen projection that the base weight was reduced by.`);
      }
      const first = outerTimesCore(site, options, initial);
      outer = b.map((element, index) => element + (first[index] as number));
    }
    values.set(names.a, a);
    for (const [name, part] of outerParts(site, options.prefix, options.schedule, lastStage, outer)) {
      values.set(name, part);
    }
    values.set(
      names.s,
      Float32Array.from({ length: rank * rank }, (_, index) => (index % (rank + 1) === 0 ? 1 : 0)),
    );
  }
  return values;
}

function sitesByModule({ sites }: ThreeFactorOptions): ReadonlyMap<string, ThreeFactorSite> {
  return new Map(sites.map((site) => [site.module.name, site]));
}

function siteOf(
  sites: ReadonlyMap<string, ThreeFactorSite>,
  name: LoraSite["module"]["name"],
): ThreeFactorSite {
  const site = sites.get(name);
  if (site === undefined) throw new RangeError(`${name} is not adapted.`);
  return site;
}

/** `B S` [outFeatures, rank]. */
function outerTimesCore(
  site: ThreeFactorSite,
  { prefix, schedule }: ThreeFactorOptions,
  value: Read,
): Float64Array {
  const { module, rank } = site;
  const outer = wholeOuter(site, prefix, schedule, value);
  return multiply(outer, value(factorNames(module, prefix).s), module.outFeatures, rank, rank);
}
