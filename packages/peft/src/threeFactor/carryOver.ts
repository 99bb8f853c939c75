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

/** A whole B as the tensors that a stage has it in. */
export function outerParts(
  { module, rank }: ThreeFactorSite,
  prefix: string,
  { order }: Pick<FreezeSchedule, "order">,
  stage: FreezeStage,
  whole: Float32Array,
): ReadonlyMap<string, Float32Array> {
  const names = factorNames(module, prefix);
  const released = releasedColumns(rank, stage);
  const trained = rank - released;
  if (released === 0 || trained === 0) return new Map([[names.b, whole]]);
  const [releasedStart, trainedStart] = order === "leading-first" ? [0, released] : [trained, 0];
  return new Map([
    [names.b, takeColumns(whole, rank, trainedStart, trained)],
    [names.bReleased, takeColumns(whole, rank, releasedStart, released)],
  ]);
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
    const names = factorNames(module, prefix);
    const whole = wholeOuter(site, prefix, schedule, value);
    for (const [name, part] of outerParts(site, prefix, schedule, stage, whole)) carried.set(name, part);
    const trained = rank - releasedColumns(rank, stage);
    if (trained === 0) continue;
    const columnsBefore = value(names.b).length / module.outFeatures;
    // Of the columns that trained before, those that go on are the last ones or the first ones.
    const start = schedule.order === "leading-first" ? columnsBefore - trained : 0;
    const { first, second } = momentNames(names.b);
    for (const name of [first, second, accumulatorName(names.b)]) {
      const state = before.get(name);
      if (state !== undefined) carried.set(name, takeColumns(state, columnsBefore, start, trained));
    }
  }
  return carried;
}
