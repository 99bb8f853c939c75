import type {
  AdapterParameter,
  LinearModule,
  LinearSite,
  MethodAttachment,
  ModelDescription,
} from "@peftbench/peft";
import { adapterValues, defineMethod, selectTargets } from "@peftbench/peft";
import type { Tensor } from "@peftbench/runtime";
import type { LoraConfig } from "./config.ts";
import { loraConfigSchema } from "./config.ts";
import { loraDelta } from "./delta.ts";
import { checkPeftConfig, peftConfig } from "./peftConfig.ts";

/** Low-rank adaptation: `y = x Wᵀ + b + (alpha / rank) drop(x) Aᵀ Bᵀ`, W frozen (arXiv 2106.09685, section 4.1). */
export const lora = defineMethod<LoraConfig>({
  id: "lora",
  title: "LoRA",
  source: "arXiv 2106.09685",
  configSchema: loraConfigSchema,
  attach: attachLora,
});

interface Factors {
  readonly a: AdapterParameter;
  readonly b: AdapterParameter;
}

function attachLora(model: ModelDescription, config: LoraConfig): MethodAttachment {
  const targets = selectTargets(model.modules, config.targetModules);
  const factors = new Map(targets.map((module) => [module.name, loraFactors(module, config.rank)]));
  const parameters = [...factors.values()].flatMap(({ a, b }) => [a, b]);
  const scale = config.alpha / config.rank;
  return {
    stages: [
      {
        name: "lora",
        fromStep: 0,
        parameters,
        trainsBase: () => false,
        linear: (site) => {
          const found = factors.get(site.module.name);
          return found === undefined ? null : adapted(site, found, scale, config.dropout);
        },
      },
    ],
    mergedWeight: (module, weight, value) => {
      const found = factors.get(module.name);
      if (found === undefined) return null;
      const delta = loraDelta(module, config.rank, value(found.a.name), value(found.b.name));
      return weight.map((element, index) => element + scale * (delta[index] ?? 0));
    },
    toPeft: (value) => ({
      config: peftConfig(config, targets),
      tensors: new Map(parameters.map(({ name, shape }) => [name, { shape, values: value(name) }])),
    }),
    fromPeft: (adapter) => {
      checkPeftConfig(adapter.config, config);
      return adapterValues(adapter, parameters);
    },
  };
}

/** A starts uniform in ±1/sqrt(inFeatures) (Kaiming with a = sqrt 5, as the authors' code and PEFT do), B at zero. */
function loraFactors(module: LinearModule, rank: number): Factors {
  const { name, inFeatures, outFeatures } = module;
  const bound = 1 / Math.sqrt(inFeatures);
  return {
    a: {
      name: `${name}.lora_A.weight`,
      shape: [rank, inFeatures],
      trainable: true,
      initialize: ({ random }) =>
        Float32Array.from({ length: rank * inFeatures }, () => (2 * random.uniform() - 1) * bound),
    },
    b: {
      name: `${name}.lora_B.weight`,
      shape: [outFeatures, rank],
      trainable: true,
      initialize: () => new Float32Array(outFeatures * rank),
    },
  };
}

function adapted(site: LinearSite, { a, b }: Factors, scale: number, dropout: number): Tensor {
  const low = site.dropout(site.x, dropout).matmul(site.parameter(a.name), { transposeB: true });
  return site.base().add(low.matmul(site.parameter(b.name), { transposeB: true, scale }));
}
