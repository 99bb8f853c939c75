import type {
  AdapterParameter,
  LinearSite,
  LoraDescription,
  LoraSite,
  MethodAttachment,
  ModelDescription,
  PretrainedWeights,
} from "@peftbench/peft";
import {
  adapterValues,
  addScaled,
  checkLoraConfig,
  defineMethod,
  loraAdapter,
  loraNames,
  loraScale,
  multiply,
  patternValue,
  selectTargets,
} from "@peftbench/peft";
import type { Tensor } from "@peftbench/runtime";
import type { LoraConfig } from "./config.ts";
import { loraConfigSchema } from "./config.ts";
import { initialA, initialB, principalFactors } from "./initialize.ts";
import { differenceAdapter, pissaFactors } from "./pissaFormat.ts";

/** Low-rank adaptation: `y = x Wᵀ + b + scale drop(x) Aᵀ Bᵀ`, W frozen (arXiv 2106.09685, section 4.1). */
export const lora = defineMethod<LoraConfig>({
  id: "lora",
  title: "LoRA",
  source: "arXiv 2106.09685",
  configSchema: loraConfigSchema,
  attach: attachLora,
});

function attachLora(model: ModelDescription, config: LoraConfig): MethodAttachment {
  const { rankPattern, alphaPattern, dropout, init } = config;
  const targets = selectTargets(model.modules, config.targetModules);
  const sites = targets.map((module): LoraSite => {
    const rank = patternValue("rankPattern", rankPattern, module, targets) ?? config.rank;
    const alpha = patternValue("alphaPattern", alphaPattern, module, targets) ?? config.alpha;
    return { module, rank, alpha };
  });
  const description: LoraDescription = { ...config, sites, isRankStabilized: config.rankStabilized };
  const scaleOf = (site: LoraSite): number => loraScale(site, config.rankStabilized);
  const byModule = new Map(sites.map((site) => [site.module.name, site]));
  const parameters = sites.flatMap((site) => loraParameters(site, scaleOf(site), init));
  return {
    stages: [
      {
        name: "lora",
        fromStep: 0,
        parameters,
        trainsBase: () => false,
        linear: (site) => {
          const found = byModule.get(site.module.name);
          return found === undefined ? null : adapted(site, scaleOf(found), dropout);
        },
      },
    ],
    ranks: {
      tensors: [],
      at: () =>
        sites.map(({ module, rank }) => {
          const parameters = rank * (module.inFeatures + module.outFeatures);
          return { module: module.name, rank, parameters };
        }),
    },
    ...(init === "pissa"
      ? { rewriteBase: (pretrained) => withoutFirstPath(sites, scaleOf, pretrained) }
      : {}),
    mergedWeight: (module, weight, value) => {
      const site = byModule.get(module.name);
      if (site === undefined) return null;
      const { a, b } = loraNames(module);
      const delta = multiply(value(b), value(a), module.outFeatures, site.rank, module.inFeatures);
      return addScaled(weight, delta, scaleOf(site));
    },
    toPeft: (value, initial) =>
      init === "pissa"
        ? differenceAdapter(description, value, initial)
        : loraAdapter(description, ({ module }) => {
            const { a, b } = loraNames(module);
            return { a: value(a), b: value(b) };
          }),
    fromPeft: (adapter, initial) => {
      if (init === "pissa") return pissaFactors(adapter, description, initial);
      checkLoraConfig(adapter.config, description);
      return adapterValues(adapter, parameters);
    },
  };
}

function loraParameters(
  site: LoraSite,
  scale: number,
  init: LoraConfig["init"],
): readonly AdapterParameter[] {
  const { module, rank } = site;
  const { a, b } = loraNames(module);
  return [
    {
      name: a,
      shape: [rank, module.inFeatures],
      trainable: true,
      initialize: (context) => initialA(site, scale, init, context),
    },
    {
      name: b,
      shape: [module.outFeatures, rank],
      trainable: true,
      initialize: (context) => initialB(site, scale, init, context),
    },
  ];
}

function adapted(site: LinearSite, scale: number, dropout: number): Tensor {
  const { a, b } = loraNames(site.module);
  const low = site.dropout(site.x, dropout).matmul(site.parameter(a), { transposeB: true });
  return site.base().add(low.matmul(site.parameter(b), { transposeB: true, scale }));
}

/** Base weights less the path's first value, so that the model's function stays as it was. */
function withoutFirstPath(
  sites: readonly LoraSite[],
  scaleOf: (site: LoraSite) => number,
  { baseWeight, spectra }: PretrainedWeights,
): ReadonlyMap<string, Float32Array> {
  return new Map(
    sites.map((site) => {
      const { module, rank } = site;
      const { a, b } = principalFactors(site, scaleOf(site), spectra);
      const path = multiply(b, a, module.outFeatures, rank, module.inFeatures);
      const name = `${module.name}.weight`;
      return [name, addScaled(baseWeight(name), path, -scaleOf(site))];
    }),
  );
}
