import type { Random } from "@peftbench/runtime";
import { MethodError } from "../errors.ts";
import { addScaled, multiply } from "../matrices.ts";
import type { MethodAttachment, MethodStage } from "../method.ts";
import { carryFactorsOver, wholeOuter } from "./carryOver.ts";
import type { ThreeFactorSite } from "./factors.ts";
import { factorNames, frozenInputs, stageFactors } from "./factors.ts";
import type { FreezeSchedule, FreezeStage } from "./freezeSchedule.ts";
import { freezeStages, frozenColumns } from "./freezeSchedule.ts";
import { threeFactorPath } from "./path.ts";

export interface ThreeFactorOptions {
  readonly sites: readonly ThreeFactorSite[];
  /** Of the tensors' names, as in `<module>.lamda_A.weight`. */
  readonly prefix: string;
  readonly schedule: FreezeSchedule;
  /** Dropout on the path's input. */
  readonly dropout: number;
  /** Takes the path's first value off the base weight, so that the model's function stays as it was. */
  readonly keepsFunction: boolean;
}

export type ThreeFactorAttachment = Pick<
  MethodAttachment,
  "stages" | "trainableAt" | "ranks" | "mergedWeight" | "rewriteBase"
>;

/**
 * A frozen `A`, a trained core `S` and an outer factor `B` that freezes by columns: `y = x Wᵀ + scale x Aᵀ Sᵀ Bᵀ`.
 * LaMDA, LaMDA++ and LoRA-XS are this with other first values, ranks and schedules (arXiv 2406.12832, 2405.17604).
 */
export function attachThreeFactor(options: ThreeFactorOptions): ThreeFactorAttachment {
  const { sites, prefix, schedule, dropout, keepsFunction } = options;
  const byModule = new Map(sites.map((site) => [site.module.name, site]));
  const stages = freezeStages(schedule).map((stage, index): MethodStage => {
    const parameters = sites.flatMap((site) => stageFactors(site, prefix, schedule, stage));
    const isMasked = parameters.some(({ updateMask }) => updateMask !== undefined);
    return {
      name: stageName(stage),
      fromStep: stage.fromStep,
      parameters,
      trainsBase: () => false,
      linear: (site) => {
        const found = byModule.get(site.module.name);
        return found === undefined ? null : threeFactorPath(site, found, prefix, dropout, schedule, stage);
      },
      ...(isMasked ? { stepInputs: frozenInputs(sites, prefix, schedule) } : {}),
      ...(index === 0
        ? {}
        : { carryOver: (before) => carryFactorsOver(sites, prefix, schedule, stage, before) }),
    };
  });
  return {
    stages,
    trainableAt: (step) =>
      sites.reduce((total, { module, rank }) => {
        const trained = rank - frozenColumns(schedule, rank, step);
        return total + rank * rank + trained * module.outFeatures;
      }, 0),
    ranks: {
      tensors: [],
      at: () =>
        sites.map(({ module, rank }) => {
          const parameters = rank * (module.inFeatures + rank + module.outFeatures);
          return { module: module.name, rank, parameters };
        }),
    },
    mergedWeight: (module, weight, value) => {
      const site = byModule.get(module.name);
      if (site === undefined) return null;
      const delta = pathWeight(site, wholeOuter(site, prefix, schedule, value), value, prefix);
      return addScaled(weight, delta, site.scale);
    },
    ...(keepsFunction
      ? {
          rewriteBase: (pretrained) =>
            new Map(
              sites.map((site) => {
                const { module, scale, initialize } = site;
                const names = factorNames(module, prefix);
                const context = { ...pretrained, random: NO_RANDOMNESS };
                const values = new Map([
                  [names.a, initialize.a(context)],
                  [names.s, initialize.s(context)],
                ]);
                const delta = pathWeight(
                  site,
                  initialize.b(context),
                  (name) => values.get(name) as Float32Array,
                  prefix,
                );
                const name = `${module.name}.weight`;
                return [name, addScaled(pretrained.baseWeight(name), delta, -scale)];
              }),
            ),
        }
      : {}),
  };
}

/** What comes off the base weight is computed twice, so it must be the same twice. */
const NO_RANDOMNESS: Random = {
  uniform: refuseRandomness,
  normal: refuseRandomness,
  integer: refuseRandomness,
  permutation: refuseRandomness,
};

function refuseRandomness(): never {
  throw new MethodError("First values that are taken off the base weight cannot be random.");
}

/** `B S A` [outFeatures, inFeatures]. */
function pathWeight(
  { module, rank }: ThreeFactorSite,
  b: Float32Array,
  value: (name: string) => Float32Array,
  prefix: string,
): Float64Array {
  const { inFeatures, outFeatures } = module;
  const names = factorNames(module, prefix);
  const core = multiply(b, value(names.s), outFeatures, rank, rank);
  return multiply(Float32Array.from(core), value(names.a), outFeatures, rank, inFeatures);
}

function stageName({ released }: FreezeStage): string {
  if (released === 0) return "outer factor trains";
  return released === 1 ? "core alone" : `outer factor released by ${Math.round(100 * released)} %`;
}
