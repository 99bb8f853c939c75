import { accumulatorName, momentNames } from "@peftbench/runtime";
import { joinColumns, takeColumns } from "../matrices.ts";
import type { ThreeFactorSite } from "./factors.ts";
import { factorNames } from "./factors.ts";
import type { FreezeSchedule, FreezeStage } from "./freezeSchedule.ts";
import { releasedColumns } from "./freezeSchedule.ts";

/** The whole B of a site [outFeatures, rank] from a stage's tensors, in the order of the singular values. */
export function wholeOuter(
  { module, rank }: ThreeFactorSite,
  prefix: string,
  { order }: Pick<FreezeSchedule, "order">,
  value: (name: string) => Float32Array,
): Float32Array {
  const names = factorNames(module, prefix);
  const own = value(names.b);
  const { outFeatures } = module;
  if (own.length === outFeatures * rank) return own;
  const released = value(names.bReleased);
  return order === "leading-first"
    ? joinColumns(released, own, outFeatures)
    : joinColumns(own, released, outFeatures);
}

/** Values of a stage's tensors and moments from those of the stage before: the released columns change sides. */
export function carryFactorsOver(
  sites: readonly ThreeFactorSite[],
  prefix: string,
  schedule: FreezeSchedule,
  stage: FreezeStage,
  before: ReadonlyMap<string, Float32Array>,
): ReadonlyMap<string, Float32Array> {
  const carried = new Map(before);
  const value = (name: string): Float32Array => {
    const found = before.get(name);
    if (found === undefined) throw new RangeError(`The stage before has no ${name}.`);
    return found;
  };
  for (const site of sites) {
    const { module, rank } = site;
    const { outFeatures } = module;
    const names = factorNames(module, prefix);
    const whole = wholeOuter(site, prefix, schedule, value);
    const released = releasedColumns(rank, stage);
    const trained = rank - released;
    if (trained === 0) {
      carried.set(names.b, whole);
      continue;
    }
    const isLeadingFirst = schedule.order === "leading-first";
    const trainedStart = isLeadingFirst ? released : 0;
    const columnsBefore = value(names.b).length / outFeatures;
    // Of the tensor before, the columns that go on are the last ones or the first ones.
    const start = isLeadingFirst ? columnsBefore - trained : 0;
    carried.set(names.b, takeColumns(whole, rank, trainedStart, trained));
    if (released > 0) {
      carried.set(names.bReleased, takeColumns(whole, rank, isLeadingFirst ? 0 : trained, released));
    }
    const { first, second } = momentNames(names.b);
    for (const name of [first, second, accumulatorName(names.b)]) {
      const state = before.get(name);
      if (state !== undefined) carried.set(name, takeColumns(state, columnsBefore, start, trained));
    }
  }
  return carried;
}
