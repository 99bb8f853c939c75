import type { AdapterParameter, MethodStage } from "@peftbench/peft";
import { defineMethod, pathFields, selectTargets } from "@peftbench/peft";
import { z } from "zod";

const configSchema = z.strictObject({ targetModules: pathFields.targetModules });

type FeatureScaleConfig = z.output<typeof configSchema>;

/**
 * The features that a linear module makes are scaled one by one, `y = (x Wᵀ)(1 + scale) + b`. An example of a method,
 * kept beside the packages: `CONTRIBUTING.md` says how it becomes one of them, and `scripts/addMethod.test.ts` does it.
 */
export const featureScale = defineMethod<FeatureScaleConfig>({
  id: "feature-scale",
  title: "Feature scale",
  source: "after (IA)³, arXiv 2205.05638",
  configSchema,
  attach: ({ modules }, { targetModules }) => {
    const targets = selectTargets(modules, targetModules);
    const adapted = new Set(targets.map(({ name }) => name));
    const stage: MethodStage = {
      name: "feature-scale",
      fromStep: 0,
      // Zero is the module as it was: there training starts, and thither weight decay pulls.
      parameters: targets.map(
        ({ name, outFeatures }): AdapterParameter => ({
          name: scaleName(name),
          shape: [outFeatures],
          trainable: true,
          initialize: () => new Float32Array(outFeatures),
        }),
      ),
      trainsBase: () => false,
      linear: ({ module, x, base, weight, parameter }) => {
        if (!adapted.has(module.name)) return null;
        const features = x.matmul(weight(), { transposeB: true });
        return base().add(features.mul(parameter(scaleName(module.name))));
      },
    };
    return {
      stages: [stage],
      mergedWeight: (module, weight, value) => {
        if (!adapted.has(module.name)) return null;
        const scale = value(scaleName(module.name));
        return weight.map(
          (element, index) => element * (1 + (scale[Math.floor(index / module.inFeatures)] as number)),
        );
      },
      // (IA)³ in PEFT multiplies by a vector that starts at one, and has the bias scaled as well.
      toPeft: () => null,
      fromPeft: () => new Map(),
    };
  },
});

function scaleName(module: string): string {
  return `${module}.scale`;
}
