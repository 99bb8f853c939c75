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
import { inverseGram, inverseGramName, inverseGramParameter, projectGradient } from "./projection.ts";

const configSchema = z.strictObject({
  /** Width of the low-rank path. */
  rank: z.int().positive().default(8),
  ...pathFields,
  /**
   * What the optimizer takes for B's gradient. `none`: the gradient, as the paper has it. `projection`: the gradient
   * times `(A Aᵀ + 1e-8 I)⁻¹ / scale²`, as PEFT's LoRA-FA optimizer does (which also has an epsilon of 1e-6 in AdamW);
   * A Aᵀ is inverted once. Gradients are clipped afterwards, and it is this gradient's norm that is recorded.
   */
  preconditioner: z.enum(["none", "projection"]).default("none"),
});

type LoraFaConfig = z.output<typeof configSchema>;

/**
 * LoRA-FA: LoRA whose A is random and frozen, so that backward keeps the rank-wide activation and not the input
 * (arXiv 2308.03303). PEFT's variant with a preconditioner is the option `preconditioner`.
 */
export const loraFa = defineMethod<LoraFaConfig>({
  id: "lora-fa",
  title: "LoRA-FA",
  source: "arXiv 2308.03303",
  configSchema,
  attach: attachLoraFa,
});

function attachLoraFa(model: ModelDescription, config: LoraFaConfig): MethodAttachment {
  const { rank, alpha, dropout, targetModules, preconditioner } = config;
  const isProjected = preconditioner === "projection";
  const scale = loraScale({ rank, alpha }, false);
  const sites = selectTargets(model.modules, targetModules).map(
    (module): LoraSite => ({ module, rank, alpha }),
  );
  const adapted = new Set(sites.map(({ module }) => module.name));
  const parameters = sites.flatMap((site) => factors(site, isProjected ? scale : null));
  const inFile = parameters.filter(({ name }) => !sites.some((site) => name === inverseGramName(site)));
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
      const values = adapterValues(adapter, inFile);
      if (!isProjected) return values;
      const inverses = sites.map((site): [string, Float32Array] => {
        const a = values.get(loraNames(site.module).a) as Float32Array;
        return [inverseGramName(site), inverseGram(a, site.rank)];
      });
      return new Map([...values, ...inverses]);
    },
  };
}

/** @param projectionScale of the path, where B's gradient is projected */
function factors(site: LoraSite, projectionScale: number | null): readonly AdapterParameter[] {
  const { module, rank } = site;
  const { inFeatures, outFeatures } = module;
  const { a, b } = loraNames(module);
  const frozen: AdapterParameter = {
    name: a,
    shape: [rank, inFeatures],
    trainable: false,
    initialize: ({ random }) => uniformWithin(random, rank * inFeatures, 1 / Math.sqrt(inFeatures)),
  };
  const trained: AdapterParameter = {
    name: b,
    shape: [outFeatures, rank],
    trainable: true,
    initialize: () => new Float32Array(outFeatures * rank),
  };
  if (projectionScale === null) return [frozen, trained];
  return [
    frozen,
    inverseGramParameter(site),
    { ...trained, transformGradient: projectGradient(site, projectionScale) },
  ];
}

function forward(site: LinearSite, scale: number, dropout: number): Tensor {
  const { a, b } = loraNames(site.module);
  const low = site.dropout(site.x, dropout).matmul(site.parameter(a), { transposeB: true });
  return site.base().add(low.matmul(site.parameter(b), { transposeB: true, scale }));
}
