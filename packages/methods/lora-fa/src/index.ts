import type {
  AdapterParameter,
  LinearSite,
  LoraDescription,
  LoraSite,
  MethodAttachment,
  ModelDescription,
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
  pathFields,
  selectTargets,
  uniformWithin,
} from "@peftbench/peft";
import type { Tensor } from "@peftbench/runtime";
import { z } from "zod";

const configSchema = z.strictObject({
  /** Width of the low-rank path. */
  rank: z.int().positive().default(8),
  ...pathFields,
});

type LoraFaConfig = z.output<typeof configSchema>;

/**
 * LoRA-FA: LoRA whose A is random and frozen, so that backward keeps the rank-wide activation and not the input
 * (arXiv 2308.03303). The optimizer sees B's gradient as it is; PEFT's variant with a preconditioner is another method.
 */
export const loraFa = defineMethod<LoraFaConfig>({
  id: "lora-fa",
  title: "LoRA-FA",
  source: "arXiv 2308.03303",
  configSchema,
  attach: attachLoraFa,
});

function attachLoraFa(model: ModelDescription, config: LoraFaConfig): MethodAttachment {
  const { rank, alpha, dropout, targetModules } = config;
  const scale = loraScale({ rank, alpha }, false);
  const sites = selectTargets(model.modules, targetModules).map(
    (module): LoraSite => ({ module, rank, alpha }),
  );
  const adapted = new Set(sites.map(({ module }) => module.name));
  const parameters = sites.flatMap(factors);
  const description: LoraDescription = {
    sites,
    rank,
    alpha,
    dropout,
    targetModules,
    isRankStabilized: false,
  };
  return {
    stages: [
      {
        name: "lora-fa",
        fromStep: 0,
        parameters,
        trainsBase: () => false,
        linear: (site) => (adapted.has(site.module.name) ? forward(site, scale, dropout) : null),
      },
    ],
    mergedWeight: (module, weight, value) => {
      if (!adapted.has(module.name)) return null;
      const { a, b } = loraNames(module);
      const path = multiply(value(b), value(a), module.outFeatures, rank, module.inFeatures);
      return addScaled(weight, path, scale);
    },
    toPeft: (value) =>
      loraAdapter(description, ({ module }) => {
        const { a, b } = loraNames(module);
        return { a: value(a), b: value(b) };
      }),
    fromPeft: (adapter) => {
      checkLoraConfig(adapter.config, description);
      return adapterValues(adapter, parameters);
    },
  };
}

function factors({ module, rank }: LoraSite): readonly AdapterParameter[] {
  const { inFeatures, outFeatures } = module;
  const { a, b } = loraNames(module);
  return [
    {
      name: a,
      shape: [rank, inFeatures],
      trainable: false,
      initialize: ({ random }) => uniformWithin(random, rank * inFeatures, 1 / Math.sqrt(inFeatures)),
    },
    {
      name: b,
      shape: [outFeatures, rank],
      trainable: true,
      initialize: () => new Float32Array(outFeatures * rank),
    },
  ];
}

function forward(site: LinearSite, scale: number, dropout: number): Tensor {
  const { a, b } = loraNames(site.module);
  const low = site.dropout(site.x, dropout).matmul(site.parameter(a), { transposeB: true });
  return site.base().add(low.matmul(site.parameter(b), { transposeB: true, scale }));
}
