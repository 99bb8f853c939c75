import type { AdapterParameter, LinearModule, MethodStage, UpdateContext } from "@peftbench/peft";
import type { Tensor } from "@peftbench/runtime";
import type { AdaloraConfig } from "./config.ts";
import { nextStatistics, statisticNames, statisticParameters, tripletScores } from "./importance.ts";
import { largerThanSmallest } from "./mask.ts";
import { distanceFromOrthogonal } from "./regularizer.ts";
import type { BudgetSchedule } from "./schedule.ts";
import { lastChoice, maskedAt, updatesImportanceAt } from "./schedule.ts";
import type { TripletNames } from "./triplets.ts";
import { adaptedLinear, pathScale, tripletNames, tripletParameters } from "./triplets.ts";

/** Step inputs: how many triplets the step masks, and whether its gradients count for the importance. */
const ADALORA_INPUTS = { masked: "adalora.masked", measures: "adalora.measures" } as const;

/**
 * `budget`, in which importance is measured and triplets are masked and may come back; and `final`, in which those that
 * the last choice masked stay so. The second needs no statistics: their memory is free by then.
 */
export function adaloraStages(
  modules: readonly LinearModule[],
  config: AdaloraConfig,
  schedule: BudgetSchedule,
): readonly MethodStage[] {
  const { initialRank, alpha, dropout, regularizer, regularizerWeight } = config;
  const adapted = new Set(modules.map(({ name }) => name));
  const sites = modules.map(tripletNames);
  const factors = modules.flatMap((module) => tripletParameters(module, initialRank));
  const scale = pathScale(alpha, initialRank);
  const shared: Pick<MethodStage, "trainsBase" | "linear" | "regularizer"> = {
    trainsBase: () => false,
    linear: (site) => (adapted.has(site.module.name) ? adaptedLinear(site, scale, dropout) : null),
    ...(regularizerWeight === 0
      ? {}
      : {
          regularizer: (context) =>
            distanceFromOrthogonal(context, sites, regularizer).mul(regularizerWeight),
        }),
  };
  const budget: MethodStage = {
    ...shared,
    name: "budget",
    fromStep: 0,
    parameters: [...factors, ...factors.flatMap(statisticParameters)],
    stepInputs: [
      { name: ADALORA_INPUTS.masked, valueAt: (step) => maskedAt(schedule, step) },
      { name: ADALORA_INPUTS.measures, valueAt: (step) => (updatesImportanceAt(schedule, step) ? 1 : 0) },
    ],
    afterUpdate: (context) => measureAndMask(context, sites, config),
  };
  const fromStep = lastChoice(schedule) + 1;
  if (fromStep >= schedule.totalSteps) return [budget];
  const final: MethodStage = {
    ...shared,
    name: "final",
    fromStep,
    parameters: [...factors, ...sites.map((names) => patternParameter(names, initialRank))],
    afterUpdate: ({ parameter, updated, store }) => {
      for (const { lambda } of sites) {
        store(lambda, keptAlone(updated(lambda), parameter(patternName(lambda))));
      }
    },
    carryOver: (before) =>
      new Map(sites.map(({ lambda }) => [patternName(lambda), patternOf(before.get(lambda))])),
  };
  return [budget, final];
}

function measureAndMask(
  context: UpdateContext,
  sites: readonly TripletNames[],
  decay: Pick<AdaloraConfig, "beta1" | "beta2">,
): void {
  const { parameter, updated, stepInput, store } = context;
  const measures = stepInput(ADALORA_INPUTS.measures);
  const scoreAfter = (factor: string): Tensor => {
    const names = statisticNames(factor);
    const next = nextStatistics(context, factor, decay);
    const [sensitivity, uncertainty] = (["sensitivity", "uncertainty"] as const).map((statistic) => {
      const kept = measures.select(next[statistic], parameter(names[statistic]));
      store(names[statistic], kept);
      return kept;
    }) as [Tensor, Tensor];
    return sensitivity.mul(uncertainty);
  };
  const [first, ...rest] = sites.map((names) => tripletScores(names, scoreAfter)) as [Tensor, ...Tensor[]];
  const scores = rest.length === 0 ? first : first.concat(rest, 0);
  const isKept = largerThanSmallest(scores, stepInput(ADALORA_INPUTS.masked));
  let start = 0;
  for (const { lambda } of sites) {
    const value = updated(lambda);
    const rank = value.size(0);
    store(lambda, keptAlone(value, isKept.slice(0, start, rank).reshape([rank, 1])));
    start += rank;
  }
}

/** Values where the flags are not 0, and 0 elsewhere. */
function keptAlone(values: Tensor, flags: Tensor): Tensor {
  return flags.select(values, values.graph.scalar(0));
}

function patternName(lambda: string): string {
  return `${lambda}.kept`;
}

/** Flags of the triplets that the last choice kept; frozen. */
function patternParameter({ lambda }: TripletNames, rank: number): AdapterParameter {
  return {
    name: patternName(lambda),
    shape: [rank, 1],
    trainable: false,
    initialize: () => new Float32Array(rank).fill(1),
  };
}

/** What was masked is exactly 0, and what was not is not: it has moved at the step before. */
function patternOf(lambda: Float32Array | undefined): Float32Array {
  return (lambda ?? new Float32Array()).map((element) => (element === 0 ? 0 : 1));
}
