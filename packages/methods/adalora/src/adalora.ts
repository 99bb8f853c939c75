import type { LinearModule, MethodAttachment, ModelDescription, RunDescription } from "@peftbench/peft";
import { addScaled, defineMethod, MethodError, multiply, selectTargets } from "@peftbench/peft";
import type { AdaloraConfig } from "./config.ts";
import { adaloraConfigSchema } from "./config.ts";
import { readAdapter, writeAdapter } from "./peftFormat.ts";
import { scheduleFor } from "./schedule.ts";
import { adaloraStages } from "./stages.ts";
import { pathScale, tripletNames } from "./triplets.ts";

/**
 * AdaLoRA: a path P Λ Q whose triplets are masked one after the other, the least important ones over all matrices first,
 * until a budget is met (arXiv 2303.10512). Where the paper and the authors' code differ, this follows the code (and
 * PEFT, which follows it too); the regularizer has both forms.
 */
export const adalora = defineMethod<AdaloraConfig>({
  id: "adalora",
  title: "AdaLoRA",
  source: "arXiv 2303.10512",
  configSchema: adaloraConfigSchema,
  attach: attachAdalora,
});

function attachAdalora(
  model: ModelDescription,
  config: AdaloraConfig,
  { totalSteps }: RunDescription,
): MethodAttachment {
  const { initialRank, targetRank, alpha, targetModules } = config;
  if (initialRank <= targetRank) {
    throw new MethodError(
      `initialRank ${initialRank} is not above targetRank ${targetRank}, so that there is nothing to mask. The paper ` +
        `starts from 1.5 times the target: initialRank ${Math.ceil(1.5 * targetRank)} with targetRank ${targetRank}.`,
    );
  }
  const modules = selectTargets(model.modules, targetModules);
  const schedule = scheduleFor(totalSteps, config, {
    initialBudget: initialRank * modules.length,
    targetBudget: targetRank * modules.length,
  });
  const scale = pathScale(alpha, initialRank);
  const adapted = new Set(modules.map(({ name }) => name));
  return {
    stages: adaloraStages(modules, config, schedule),
    ranks: {
      tensors: modules.map((module) => tripletNames(module).lambda),
      at: (value) => {
        const present = modules.map((module) => presentRank(module, value));
        // Λ is zero everywhere at first, when nothing is masked. A mask never takes all triplets.
        const isFresh = present.every((rank) => rank === 0);
        return modules.map((module, index) => {
          const rank = isFresh ? initialRank : (present[index] as number);
          return {
            module: module.name,
            rank,
            parameters: rank * (module.inFeatures + module.outFeatures + 1),
          };
        });
      },
    },
    mergedWeight: (module, weight, value) => {
      if (!adapted.has(module.name)) return null;
      const { q, lambda, p } = tripletNames(module);
      const { inFeatures, outFeatures } = module;
      const singular = value(lambda);
      const scaledQ = value(q).map(
        (element, index) => element * (singular[Math.floor(index / inFeatures)] as number),
      );
      return addScaled(weight, multiply(value(p), scaledQ, outFeatures, initialRank, inFeatures), scale);
    },
    toPeft: (value) => writeAdapter({ modules, config, schedule }, value),
    fromPeft: (adapter) => readAdapter({ modules, config, schedule }, adapter),
  };
}

/** Triplets that count: those whose Λ is not 0. */
function presentRank(module: LinearModule, value: (name: string) => Float32Array): number {
  return value(tripletNames(module).lambda).filter((element) => element !== 0).length;
}
